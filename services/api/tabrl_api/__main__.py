"""`python -m tabrl_api`: serve the gateway."""

from __future__ import annotations

import os

import uvicorn

from tabrl.adapters import logs
from tabrl.adapters.secret_files import read_secret_files
from tabrl.adapters.settings import Settings
from tabrl.domain.errors import TabrlError
from tabrl_api.app import create_app
from tabrl_api.bootstrap import wire
from tabrl_api.context import AppContext
from tabrl_api.people.start import needs_token, raise_unless_guarded


def main() -> None:
    """Serve until a signal; open event streams get two seconds to end."""
    read_secret_files(os.environ)
    logs.configure()
    logs.log_refused_robots()
    settings = Settings()
    context = wire(settings)
    _refuse_strangers(context)
    uvicorn.run(
        create_app(context),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
        proxy_headers=False,  # who is at the other end must be the one who really is
    )


def _refuse_strangers(context: AppContext) -> None:
    """End with a line that says what is missing, before anything listens."""
    try:
        if needs_token(context.settings):
            context.migrate()  # or there is no table to look into
        raise_unless_guarded(context.settings, context.tokens)
    except TabrlError as error:
        raise SystemExit(f"api: {error.message} {error.hint}".strip()) from None


if __name__ == "__main__":
    main()
