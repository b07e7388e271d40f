"""Processes that a test started: whether they have ended."""

from __future__ import annotations

import psutil


def ended(process: psutil.Process) -> bool:
    """Whether it is gone, or waits to be collected; another one under its number is not it."""
    try:
        return not process.is_running() or process.status() in (
            psutil.STATUS_ZOMBIE,
            psutil.STATUS_DEAD,
        )
    except psutil.NoSuchProcess:
        return True
