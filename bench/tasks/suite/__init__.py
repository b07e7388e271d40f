"""All tasks, one a module."""

from __future__ import annotations

from collections.abc import Sequence

from bench.tasks.suite import (
    backwards,
    bob,
    bow,
    creep,
    hop,
    low_spin,
    march,
    nod,
    pace,
    paw,
    rear,
    run,
    sideways,
    spin,
    sway,
    walk,
)
from bench.tasks.task import Task

SUITE: tuple[Task, ...] = tuple(
    module.TASK
    for module in (
        walk, backwards, sideways, run, spin, creep, sway, bob, bow, paw, hop, march,
        pace, low_spin, nod, rear,
    )
)  # fmt: skip


def find(names: Sequence[str]) -> tuple[Task, ...]:
    """The tasks of these names, in the suite's order; all if none is named.

    Raises `ValueError` for a name that no task has.
    """
    unknown = sorted(set(names) - {task.name for task in SUITE})
    if unknown:
        known = ", ".join(task.name for task in SUITE)
        raise ValueError(f"no task is called {', '.join(unknown)}; there are: {known}")
    return tuple(task for task in SUITE if not names or task.name in names)
