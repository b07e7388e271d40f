"""A policy under live commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float

from tabrl.contracts.wire import Live, LiveChannel
from tabrl.control.arrays import Floats
from tabrl.control.live.commands import LiveCommands
from tabrl.control.live.control import LiveControl
from tabrl.control.policy import Policy, States
from tabrl.embodiments.live import live_control_of


@dataclass(frozen=True)
class DrivenPolicy:
    """Raw states and live commands in, actuator targets and carries out."""

    policy: Policy
    control_of: LiveControl
    live: Live

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Any policy can be driven. Raises `Invalid` for a wrong document of abilities."""
        control, space = live_control_of(policy.embodiment.robot), policy.embodiment.commands
        channels = tuple(
            LiveChannel(name=channel.name, unit=channel.unit, **span._asdict())
            for channel in space.channels
            if (span := control.spans[channel.name])
        )
        return cls(
            policy, control,
            Live(channels=channels, carried=control.carried, rhythm_hz=_rhythm_hz(policy)),
        )  # fmt: skip

    @property
    def width(self) -> int:
        """Numbers of a row of live commands."""
        return self.control_of.width

    def control(
        self,
        time: Float[States, " B"],
        qpos: Float[States, "B nq"],
        qvel: Float[States, "B nv"],
        ctrl: Float[States, "B nu"],
        live: Float[States, "B L"],
    ) -> tuple[Floats, Float[np.ndarray, "B K"]]:
        """Actuator targets `[B, nu]` and the carries for the next states `[B, K]`.

        The states are as `Policy.control` takes them, the rows as `LiveCommands` are packed.
        """
        policy, joints = self.policy, self.policy.embodiment.joints
        commands = LiveCommands.unpacked(live, len(policy.embodiment.commands))
        seen, carry = self.control_of.observe(time, qpos, qvel, ctrl, policy.commands, commands)
        return joints.aimed(policy.weights.act(seen), qpos, qvel, last=ctrl), carry


def _rhythm_hz(policy: Policy) -> float:
    """The frequency of the first stage of its schedule that swings; 0 where none does."""
    stages = policy.schedule.stages
    return next((one.modulation_frequency for one in stages if any(one.amplitude)), 0.0)
