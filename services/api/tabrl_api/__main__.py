"""`python -m tabrl_api`: serve the gateway."""

from __future__ import annotations

import os

import uvicorn

from tabrl.adapters import logs
from tabrl.adapters.secret_files import read_secret_files
from tabrl.adapters.settings import Settings
from tabrl_api.app import create_app
from tabrl_api.bootstrap import wire


def main() -> None:
    """Serve until a signal; open event streams get two seconds to end."""
    read_secret_files(os.environ)
    logs.configure()
    logs.log_refused_robots()
    settings = Settings()
    uvicorn.run(
        create_app(wire(settings)),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )


if __name__ == "__main__":
    main()
