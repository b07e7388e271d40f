"""What an arm with a pen is asked for: ten sentences, and a word to write.

As for legged robots, rewards are written by hand, and bounds share nothing with them. A training
begins as a user's does, with what the generator reads in the sentence.
"""

from __future__ import annotations

from bench.tasks.arm.author import Author
from bench.tasks.arm.body import ArmBody
from bench.tasks.arm.lines import circle, eight, stir, write
from bench.tasks.arm.poses import point_up, reach
from bench.tasks.arm.swings import dance, nod, shake, up_and_down, wave
from bench.tasks.task import Task

_TASKS = (
    wave, nod, shake, point_up, reach, circle, eight, up_and_down, stir, dance, write,
)  # fmt: skip


def tasks(body: ArmBody) -> tuple[Task, ...]:
    """All of them, for one arm."""
    author = Author(body)
    return tuple(task(author) for task in _TASKS)
