"""`python -m tabrl_inference`: serve until SIGTERM or Ctrl-C."""

from __future__ import annotations

import os

from tabrl.adapters.secret_files import read_secret_files


def main() -> None:
    """Run the server with settings from the environment."""
    read_secret_files(os.environ)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # BLAS reads it once, when numpy is imported below
    from tabrl_inference.run import run

    run()


if __name__ == "__main__":
    main()
