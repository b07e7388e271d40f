"""What the tasks of arms are written with: amounts of one arm, sources of rewards, usual checks.

Places and sizes are those of an arm with a reach of 0.85 m; others are scaled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from bench.rotation import Floats
from bench.tasks.arm.body import ArmBody
from bench.tasks.task import SETTLE_S, Bound, Task

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.contracts.motion import Hold, MotionSpec
from tabrl.embodiments.arm.catalogue import Quantity
from tabrl_reward_worker.generator.generate import generate

X, Y, Z = range(3)
_COLLISIONS = CheckSpec(
    id="collisions", quantity=Quantity.COLLIDED, statistic=Statistic.ANY, start_s=0.0, at_most=0.02
)
_COSTS = {"smooth": -0.002, "collision": -5.0}
_COST_TERMS = {
    "smooth": "jnp.sum(jnp.square(action - state.previous_action()))",
    "collision": "state.collided()",
}


class Author:
    """Writes tasks for one arm."""

    def __init__(self, body: ArmBody) -> None:
        self._body, self.home = body, body.home

    def u(self, amount: float) -> float:
        """Metres of the reference arm, as this one's."""
        return self._body.length(amount)

    def at(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Floats:
        """A place by metres from home, of the reference arm."""
        offset = [self.u(value) if value else 0.0 for value in (x, y, z)]
        place: Floats = np.round(self.home + offset, 3)
        return place

    def near(self, place: Floats, axes: Sequence[int] = (X, Y, Z), wide: float = 0.1) -> str:
        """Source of two bells around some coordinates of a place."""
        errors = ", ".join(f"tip[{axis}] - {place[axis]:g}" for axis in axes)
        off = f"jnp.stack([{errors}])"
        return " + ".join(
            f"0.5 * rl.gaussian({off}, {self.u(width):g})" for width in (wide, wide / 6.0)
        )

    def read(self, sentence: str) -> MotionSpec | None:
        """What the generator reads in a sentence first, which a user's training begins with."""
        motion = generate(sentence, self._body.robot).candidates[0].motion
        if motion is None:
            return None
        return MotionSpec(phases=(motion.phases[0].model_copy(update={"until": Hold()}),))

    def swing(
        self, name: str, quantity: Quantity, size: float, hz: float, part: str | None = None
    ) -> list[CheckSpec]:
        """Checks of a swing: how far, and on the beat."""
        far = CheckSpec(
            id=f"{name}_swing", quantity=quantity, part=part, statistic=Statistic.AMPLITUDE,
            frequency=hz, at_least=round(0.75 * size, 4),
        )  # fmt: skip
        beat = {"id": f"{name}_beat", "statistic": Statistic.RHYTHM, "at_least": 0.93}
        return [far, far.model_copy(update=beat)]

    def task(
        self, name: str, sentence: str, weights: Mapping[str, float], terms: Mapping[str, str],
        checks: Sequence[CheckSpec], bounds: Sequence[Bound], *, before: str = "",
        read: bool = True, settle_s: float = SETTLE_S,
    ) -> Task:  # fmt: skip
        """A task whose reward has these terms, and costs of haste and contact.

        `before` are constants of the reward. Unless its sentence is to be `read`, a search has to
        find all of it.
        """
        listed = "".join(
            f'    "{key}": {value:g},\n' for key, value in {**weights, **_COSTS}.items()
        )
        lines = "".join(
            f'        "{key}": {text},\n' for key, text in {**terms, **_COST_TERMS}.items()
        )
        reward = (
            f"\nWEIGHTS = {{\n{listed}}}\n{before}\n\ndef reward(state, action):\n"
            f"    tip = state.tool_position()\n    return {{\n{lines}    }}\n"
        )
        return Task(
            name=name, sentence=sentence, reward=reward, checks=(*checks, _COLLISIONS),
            bounds=tuple(bounds), motion=self.read(sentence) if read else None, settle_s=settle_s,
        )  # fmt: skip


def mean_at_least(
    name: str, quantity: Quantity, least: float, part: str | None = None
) -> CheckSpec:
    """A check that a mean is no less than that."""
    return CheckSpec(
        id=name, quantity=quantity, part=part, statistic=Statistic.MEAN, at_least=round(least, 4)
    )  # fmt: skip
