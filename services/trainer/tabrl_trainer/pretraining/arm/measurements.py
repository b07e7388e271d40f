"""What the model card reads from rollouts of arms; each takes the settled rollout."""

from __future__ import annotations

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.rollout import Rollout
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import ELBOW, PLACE, TEMPO
from tabrl_trainer.pretraining.arm.elbow import elbow_height
from tabrl_trainer.pretraining.arm.reward import ArmReward, angles
from tabrl_trainer.pretraining.benchmark import Measure

HURRY = 1.1  # times the tempo: a tool that is faster is too fast


class Measurements:
    """What is measured of one arm."""

    def __init__(self, embodiment: ArmRobot) -> None:
        self._embodiment = embodiment
        self._reward = ArmReward(embodiment)

    def pose(self, rollout: Rollout, _: CommandBatch) -> dict[str, float]:
        """Mean errors of the tool's place, m, and axis, rad; the worst twentieth of the places."""
        off = self._off(rollout)
        angle, _roll = angles(rollout, self._embodiment.wanted(rollout.command))
        return {
            "error": float(off.mean()),
            "error_95": float(np.quantile(off, 0.95)),
            "pointing": float(angle.mean()),
        }

    def place(self, rollout: Rollout, _: CommandBatch) -> dict[str, float]:
        """Mean error of the tool's place, m, and its worst twentieth."""
        off = self._off(rollout)
        return {"error": float(off.mean()), "error_95": float(np.quantile(off, 0.95))}

    def following(self, channel: str) -> Measure:
        """How a sinusoid of one channel is followed: mean error, correlation and gain."""

        def measure(rollout: Rollout, _: CommandBatch) -> dict[str, float]:
            moved, asked = self._motion(rollout, channel)
            a, b = moved - moved.mean(0), asked - asked.mean(0)
            together = (a * b).sum(0) / np.sqrt((a**2).sum(0) * (b**2).sum(0) + 1e-12)
            return {
                "error": float(np.abs(moved - asked).mean()),
                "correlation": float(together.mean()),
                "gain": float((moved.std(0) / asked.std(0)).mean()),
            }

        return measure

    def joints(self, rollout: Rollout, _: CommandBatch) -> dict[str, float]:
        """Mean distance of the joints from where they are to be, rad."""
        return {"error": float(self._reward.joint_error(rollout).mean())}

    def elbow(self, rollout: Rollout, schedules: CommandBatch) -> dict[str, float]:
        """Share of the time in which the elbow is on its side, and errors."""
        place = [one.name for one in schedules.space.settings].index(ELBOW)
        kept = rollout.settings[..., place] * elbow_height(self._embodiment, rollout) > 0.0
        return {"kept": float(kept.mean()), **self.place(rollout, schedules)}

    def tempo(self, rollout: Rollout, schedules: CommandBatch) -> dict[str, float]:
        """Share of the time in which the tool is not too fast."""
        limit = schedules.settings[TEMPO]
        speed = np.linalg.norm(rollout.tool_velocity, axis=-1)
        return {"kept": float((speed <= HURRY * limit).mean()), **self.place(rollout, schedules)}

    def untouched(self, rollout: Rollout, _: CommandBatch) -> dict[str, float]:
        """Share of the episodes without any contact, that of the tool's tip included."""
        touched = np.maximum(rollout.table_contact, rollout.self_contact).max(0) > 0.5
        return {"untouched": float(1.0 - touched.mean())}

    def _off(self, rollout: Rollout) -> Floats:
        """How far the tool is from where it is to be, m `[T, B]`."""
        wanted = self._embodiment.wanted(rollout.command).place
        off: Floats = np.linalg.norm(wanted - rollout.tool_position, axis=-1)
        return off

    def _motion(self, rollout: Rollout, channel: str) -> tuple[Floats, Floats]:
        """What a channel asks for and what the tool does, `[T, B]` each."""
        column = self._embodiment.commands.column(channel)
        asked: Floats = rollout.command[..., column]
        if channel in PLACE:
            home = self._embodiment.wanted.place
            along = PLACE.index(channel)
            return rollout.tool_position[..., along] - home[along], asked
        axis = rollout.tool_axis
        if channel == "azimuth":
            return np.unwrap(np.arctan2(axis[..., 1], axis[..., 0]), axis=0), asked
        aside = np.hypot(axis[..., 0], axis[..., 1])
        return np.arctan2(aside, -axis[..., 2]), asked
