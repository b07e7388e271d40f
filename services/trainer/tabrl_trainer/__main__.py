"""`python -m tabrl_trainer`: train until SIGTERM."""

from __future__ import annotations

import os
from pathlib import Path

from tabrl.adapters.secret_files import read_secret_files


def main() -> None:
    """Run the trainer with settings from the environment.

    Compiled graphs are kept in the data directory, so that only the first start on a machine
    compiles. Matrix products keep full precision, or results differ between devices.
    """
    read_secret_files(os.environ)
    data = Path(os.environ.get("TABRL_DATA", "var")).absolute()
    cache = os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(data / "compiled"))
    os.environ.setdefault("WARP_CACHE_PATH", str(Path(cache) / "warp"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.3")
    os.environ.setdefault("JAX_DEFAULT_MATMUL_PRECISION", "highest")
    from tabrl_trainer.run import run

    run()


if __name__ == "__main__":
    main()
