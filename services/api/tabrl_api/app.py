"""The application: routes, middleware and the lifespan around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from tabrl.adapters.web.origin import OriginRules
from tabrl_api import health, problems, schema
from tabrl_api.context import AppContext
from tabrl_api.housekeeping import Housekeeper
from tabrl_api.jobs.endpoints import router as jobs
from tabrl_api.jobs.streams import router as streams
from tabrl_api.middleware import AccessMiddleware, ETagMiddleware, MetricsMiddleware
from tabrl_api.models.endpoints import router as models
from tabrl_api.page import page_router
from tabrl_api.people.endpoints import router as people
from tabrl_api.people.middleware import PeopleMiddleware
from tabrl_api.readiness import Readiness
from tabrl_api.reaper import Reaper
from tabrl_api.request_ids import RequestIdMiddleware, add_ids_of_path
from tabrl_api.robots.endpoints import router as robots
from tabrl_api.shared_metrics import SharedReader
from tabrl_api.tasks.endpoints import router as tasks

_DESCRIPTION = (
    "From a sentence to a moving robot. Every error is an RFC 9457 problem document with a stable "
    "`code`."
)


def create_app(context: AppContext) -> FastAPI:
    """The gateway over its context. Nothing is opened before the lifespan begins."""

    readiness = Readiness.of(context)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_sync(context.migrate)
        await context.progress.start()
        reaper, housekeeper = Reaper(context), Housekeeper(context)
        reaper.start()
        housekeeper.start()
        context.inference.start()
        try:
            yield
        finally:
            await run_sync(reaper.stop)
            await run_sync(housekeeper.stop)
            context.inference.stop()
            await context.progress.stop()
            readiness.close()

    app = FastAPI(
        title="TabRL",
        version=version("tabrl-api"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # both viewers would load scripts from another host
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.context = context
    app.state.readiness = readiness
    app.state.shared_reader = SharedReader(context)
    for router in (people, robots, tasks, jobs, streams, models, health.router):
        app.include_router(router, dependencies=[Depends(add_ids_of_path)])
    app.include_router(page_router(context.settings.web_dist, context.settings.inference))
    app.add_middleware(ETagMiddleware)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)  # no event streams
    app.add_middleware(PeopleMiddleware, context=context)
    app.add_middleware(AccessMiddleware, origins=OriginRules(context.settings))
    app.add_middleware(MetricsMiddleware, metrics=context.metrics)
    app.add_middleware(RequestIdMiddleware)
    problems.install(app)
    schema.install(app)
    return app
