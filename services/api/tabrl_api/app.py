"""The application: routes, guards and the lifespan around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio.to_thread import run_sync
from fastapi import FastAPI

from tabrl.adapters.web_origin import OriginPolicy
from tabrl_api import health, problems, schema
from tabrl_api.guard import Guard, Measured
from tabrl_api.jobs.endpoints import router as jobs
from tabrl_api.models.endpoints import router as models
from tabrl_api.page import page_router
from tabrl_api.parts import Parts
from tabrl_api.reaper import Reaper
from tabrl_api.robots.endpoints import router as robots
from tabrl_api.tasks.endpoints import router as tasks

_DESCRIPTION = (
    "From a sentence to a moving robot. Every error is an RFC 9457 problem document with a stable "
    "`code`."
)


def create_app(parts: Parts) -> FastAPI:
    """The gateway over its parts. Nothing is opened before the lifespan begins."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_sync(parts.migrate)
        await parts.progress.start()
        reaper = Reaper(parts)
        reaper.start()
        try:
            yield
        finally:
            await run_sync(reaper.stop)
            await parts.progress.stop()

    app = FastAPI(
        title="TabRL",
        version=version("tabrl-api"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # both viewers would load scripts from another host
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.parts = parts
    for router in (robots, tasks, jobs, models, health.router):
        app.include_router(router)
    app.include_router(page_router(parts.settings.web_dist, parts.settings.inference))
    app.add_middleware(Guard, policy=OriginPolicy(parts.settings))
    app.add_middleware(Measured, metrics=parts.metrics)
    problems.install(app)
    schema.install(app)
    return app
