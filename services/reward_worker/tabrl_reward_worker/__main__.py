"""`python -m tabrl_reward_worker`: write rewards until SIGTERM."""

from __future__ import annotations

import os

from tabrl.adapters.secret_files import read_secret_files


def main() -> None:
    """Run the worker with settings from the environment."""
    read_secret_files(os.environ)
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # reports are small; a GPU is for training
    from tabrl_reward_worker.run import run

    run()


if __name__ == "__main__":
    main()
