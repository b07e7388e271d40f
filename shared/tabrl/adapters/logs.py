"""Logging for all services: one line an entry, and never a prompt or a source."""

from __future__ import annotations

import logging
import traceback

from tabrl.robots import refused_robots

logger = logging.getLogger("tabrl")


def configure(level: int = logging.INFO) -> None:
    """Send everything to standard error; the launcher or the container keeps it."""
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )


def log_refused_robots() -> None:
    """Say which folders were meant to be robots and cannot be used, and why."""
    for refused in refused_robots():
        logger.warning("the robot in %s is left out: %s", refused.folder, refused.reason)


def where(error: BaseException) -> str:
    """The type of an exception and the lines it passed, without its message.

    Messages of foreign exceptions may quote what a user or a language model wrote.
    """
    frames = traceback.extract_tb(error.__traceback__)
    path = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {path or 'unknown'}"
