"""How the simulated robot and its network misbehave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from ..messages import RobotState

Message = TypeVar("Message")
# Standard deviations at a noise of 1: after legged_gym (Rudin et al., 2022), halved.
OVERTAKEN_S = 0.009
ANGLE_RAD, SPEED_RAD_S, GYRO_RAD_S, ATTITUDE = 0.005, 0.4, 0.05, 0.01


@dataclass(frozen=True)
class Conditions:
    """Both ways messages take `lag_s` and a share of them is lost; sensors are noisy.

    From `silent_from_s` on no state is sent; at `tip_at_s` the robot is laid on its side.
    A share `damaged` of the states has a wrong checksum. Both ways a share `overtaken` of the
    messages comes `OVERTAKEN_S` later, after those that followed, and a share `repeated` comes then
    once more; with every second all take `slower` s longer. From `frozen_from_s` on the state of
    that moment is sent again and again, as it was.
    """

    lag_s: float = 0.0
    loss: float = 0.0
    noise: float = 0.0
    damaged: float = 0.0
    silent_from_s: float = float("inf")
    tip_at_s: float = float("inf")
    overtaken: float = 0.0
    repeated: float = 0.0
    slower: float = 0.0
    frozen_from_s: float = float("inf")
    seed: int = 0


class Wire(Generic[Message]):
    """One way of a network: what goes in comes out later, or not at all, or twice."""

    def __init__(self, conditions: Conditions, rng: np.random.Generator) -> None:
        self._conditions, self._rng = conditions, rng
        self._under_way: list[tuple[float, Message]] = []

    def put(self, time: float, message: Message) -> None:
        """Send a message at a time, s."""
        asked = self._conditions
        if self._happens(asked.loss):
            return
        comes = time + asked.lag_s + asked.slower * time
        overtaken = self._happens(asked.overtaken)
        self._under_way.append((comes + OVERTAKEN_S * overtaken, message))
        if self._happens(asked.repeated):
            self._under_way.append((comes + OVERTAKEN_S, message))

    def out(self, time: float) -> list[Message]:
        """What has arrived by a time, in that order."""
        arrived = [one for one in self._under_way if one[0] <= time + 1e-9]
        self._under_way = [one for one in self._under_way if one[0] > time + 1e-9]
        return [message for _, message in sorted(arrived, key=lambda one: one[0])]

    def _happens(self, share: float) -> bool:
        return share > 0.0 and bool(self._rng.random() < share)


def sensed(state: RobotState, noise: float, rng: np.random.Generator) -> RobotState:
    """A state as noisy sensors tell it."""
    if noise == 0.0:
        return state

    def shaken(values: np.ndarray, deviation: float) -> np.ndarray:
        return values + noise * deviation * rng.standard_normal(len(values))

    quaternion = shaken(state.quaternion, ATTITUDE)
    return replace(
        state,
        position=shaken(state.position, ANGLE_RAD),
        velocity=shaken(state.velocity, SPEED_RAD_S),
        gyro=shaken(state.gyro, GYRO_RAD_S),
        quaternion=quaternion / np.linalg.norm(quaternion),
    )
