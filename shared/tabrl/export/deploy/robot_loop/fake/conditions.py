"""How the simulated robot and its network misbehave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from ..messages import RobotState

Message = TypeVar("Message")
# Standard deviations at a noise of 1: after legged_gym (Rudin et al., 2022), halved.
ANGLE_RAD, SPEED_RAD_S, GYRO_RAD_S, ATTITUDE = 0.005, 0.4, 0.05, 0.01


@dataclass(frozen=True)
class Conditions:
    """Both ways messages take `lag_s` and a share of them is lost; sensors are noisy.

    From `silent_from_s` on no state is sent; at `tip_at_s` the robot is laid on its side.
    A share `damaged` of the states has a wrong checksum.
    """

    lag_s: float = 0.0
    loss: float = 0.0
    noise: float = 0.0
    damaged: float = 0.0
    silent_from_s: float = float("inf")
    tip_at_s: float = float("inf")
    seed: int = 0


class Wire(Generic[Message]):
    """One way of a network: what goes in comes out later, or not at all."""

    def __init__(self, lag_s: float, loss: float, rng: np.random.Generator) -> None:
        self._lag, self._loss, self._rng = lag_s, loss, rng
        self._under_way: list[tuple[float, Message]] = []

    def put(self, time: float, message: Message) -> None:
        """Send a message at a time, s."""
        if self._rng.random() >= self._loss:
            self._under_way.append((time + self._lag, message))

    def out(self, time: float) -> list[Message]:
        """What has arrived by a time, in order."""
        arrived = [message for when, message in self._under_way if when <= time + 1e-9]
        self._under_way = self._under_way[len(arrived) :]
        return arrived


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
