"""What the suite says of how fast a robot moves, for the document that sentences are read by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.tasks.report import TaskSummary

from tabrl.robots import Robot
from tabrl.robots.abilities import Abilities, Span, abilities_of, abilities_path, store_abilities

# Tasks whose first bound is a speed along a command channel.
_CHANNELS = {"run": "vx", "backwards": "vx", "sideways": "vy", "spin": "yaw"}


def learnt(summaries: Sequence[TaskSummary]) -> dict[str, Span]:
    """By channel, how far tasks that succeed go: the median seed's, from standing still on."""
    spans: dict[str, Span] = {}
    for summary in summaries:
        channel = _CHANNELS.get(summary.task.name)
        if channel is not None and summary.succeeded:
            speed = round(summary.spread(0)[0], 3)
            low, high = spans.get(channel, (0.0, 0.0))
            spans[channel] = min(low, speed), max(high, speed)
    return spans


def write_learnt(robot: Robot, summaries: Sequence[TaskSummary]) -> Path | None:
    """Put what was learnt into the robot's document; returns where that is, if anywhere.

    Channels that no task of these is about keep what they had. Raises `Invalid`, or `OSError`.
    """
    path, found = abilities_path(robot.id), learnt(summaries)
    if path is None or not found:
        return None
    known = abilities_of(robot.id) or Abilities()
    store_abilities(known.model_copy(update={"learnt": {**known.learnt, **found}}), path)
    return path
