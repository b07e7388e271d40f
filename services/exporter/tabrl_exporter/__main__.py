"""`python -m tabrl_exporter`: serve exports."""

from __future__ import annotations

import os

import uvicorn

from tabrl.adapters import logs
from tabrl.adapters.settings import Settings

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Serve until a signal."""
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")  # BLAS reads it once, when numpy is imported below
    from tabrl_exporter.bootstrap import build

    logs.configure()
    logs.log_refused_robots()
    settings = Settings()
    uvicorn.run(
        build(settings),
        host=settings.host,
        port=settings.exporter_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
