"""The rollout: what happened to a batch of robots, as named float32 arrays `[T, B, …]`.

A simulator records raw MuJoCo quantities step by step; the robot's embodiment derives the reward
contract's fields from a chunk of them. Fields that look back (air time, previous actions, filtered
velocity) go on across chunks through a carry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tabrl.control.arrays import Array, Floats

CONTROL_DT = 0.02  # s, two physics steps of 10 ms
CONTACT_MARGIN = 0.002  # m above the floor at which a shape still counts as touching

Fields = Mapping[str, Array]  # by the names of the embodiment's rollout schema


@dataclass(frozen=True)
class Rollout:
    """Fields of the rollout by name, each `[T, B, …]` float32 (see `Embodiment.schema`)."""

    fields: dict[str, Floats]

    def __getattr__(self, name: str) -> Floats:
        try:
            return self.__dict__["fields"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"the rollout has no field {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    @property
    def shape(self) -> tuple[int, int]:
        """Steps and robots: (T, B)."""
        steps, size = self.fields["time"].shape
        return steps, size

    def flat(self) -> dict[str, Floats]:
        """The fields with time and robots merged, `[T * B, …]`, as a reward artifact takes them."""
        steps, size = self.shape
        return {
            name: np.ascontiguousarray(field.reshape(steps * size, *field.shape[2:]))
            for name, field in self.fields.items()
        }

    def robots(self, index: slice | NDArray[np.intp]) -> Rollout:
        """The rollout of some of the robots."""
        return Rollout({name: field[:, index] for name, field in self.fields.items()})


def concatenate(rollouts: list[Rollout]) -> Rollout:
    """Chunks of the same robots, one after the other in time."""
    return Rollout(
        {name: np.concatenate([r.fields[name] for r in rollouts]) for name in rollouts[0].fields}
    )


@dataclass(frozen=True)
class RawSteps:
    """Raw quantities of a chunk of control steps, each `[T, B, …]` float32.

    `just_reset` is 1 where the robot was reset just before the step. Positions, velocities and axes
    are in the world; torques and forces are generalised, of the joints. `commanded` are those
    command features that are recorded (see `Embodiment.recorded`).
    """

    time: Float[Array, "*T"]
    qpos: Float[Array, "*T nq"]
    qvel: Float[Array, "*T nv"]
    action: Float[Array, "*T nu"]
    joint_torque: Float[Array, "*T nj"]
    constraint_force: Float[Array, "*T nj"]
    body_position: Float[Array, "*T nb 3"]
    joint_axis: Float[Array, "*T nj 3"]
    end_position: Float[Array, "*T ne 3"]
    end_velocity: Float[Array, "*T ne 3"]
    commanded: Float[Array, "*T R"]
    just_reset: Float[Array, "*T"]
