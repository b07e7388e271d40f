"""All tasks, one a module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.tasks.arm.body import ArmBody
from bench.tasks.arm.suite import tasks as tasks_of_arm
from bench.tasks.bodies import AnyBody
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

_MODULES = (
    walk, backwards, sideways, run, spin, creep, sway, bob, bow, paw, hop, march,
    pace, low_spin, nod, rear,
)  # fmt: skip


@dataclass(frozen=True)
class Suite:
    """The tasks of one robot, and those it is not asked for lack of an ability."""

    tasks: tuple[Task, ...]
    left_out: tuple[Task, ...]

    def find(self, names: Sequence[str]) -> tuple[Task, ...]:
        """The tasks of these names, in the suite's order; all if none is named.

        Raises `ValueError` for a name that no task has, or whose ability the robot lacks.
        """
        lacking = [task for task in self.left_out if task.name in names]
        if lacking:
            raise ValueError("; ".join(f"{task.name}: {lacks(task)}" for task in lacking))
        unknown = sorted(set(names) - {task.name for task in self.tasks})
        if unknown:
            known = ", ".join(task.name for task in self.tasks)
            raise ValueError(f"no task is called {', '.join(unknown)}; there are: {known}")
        return tuple(task for task in self.tasks if not names or task.name in names)


def suite_of(body: AnyBody) -> Suite:
    """All tasks with the robot's amounts."""
    if isinstance(body, ArmBody):
        return Suite(tasks=tasks_of_arm(body), left_out=())
    tasks = [module.task(body) for module in _MODULES]
    able = [not {*task.needs} & {*body.robot.without} for task in tasks]
    return Suite(
        tasks=tuple(task for task, can in zip(tasks, able, strict=True) if can),
        left_out=tuple(task for task, can in zip(tasks, able, strict=True) if not can),
    )


def lacks(task: Task) -> str:
    """Why a task is left out."""
    return f"this robot has not all of: {', '.join(task.needs)}"
