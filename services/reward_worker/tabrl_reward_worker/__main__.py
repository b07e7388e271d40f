"""`python -m tabrl_reward_worker`: write rewards until SIGTERM."""

from __future__ import annotations

import os


def main() -> None:
    """Run the worker with settings from the environment."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # reports are small; a GPU is for training
    from tabrl_reward_worker.run import run

    run()


if __name__ == "__main__":
    main()
