"""Pace: the two legs of a side step together, as a camel's do."""

from __future__ import annotations

from bench.robot import FEET
from bench.tasks.measures import diagonals_together, forward_speed, sides_together
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity

FR, FL, RR, RL = FEET
REWARD = f"""
WEIGHTS = {{
    "forward": 2.0,
    "pace": 2.0,
    "sideways": -1.0,
    "heading": -1.0,
    "smooth": -0.01,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    right = jnp.abs(state.foot_contact("{FR}") - state.foot_contact("{RR}"))
    left = jnp.abs(state.foot_contact("{FL}") - state.foot_contact("{RL}"))
    one = jnp.abs(state.foot_contact("{FR}") - state.foot_contact("{RL}"))
    other = jnp.abs(state.foot_contact("{FL}") - state.foot_contact("{RR}"))
    return {{
        "forward": rl.gaussian(velocity[0] - 0.6, 0.3),
        # 1 in a pace, -1 in a trot, 0 while standing
        "pace": 0.5 * (one + other - right - left),
        "sideways": jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""

TASK = Task(
    name="pace",
    sentence="pace forward at 0.6 m/s, the legs of a side together like a camel",
    reward=REWARD,
    checks=(
        check("speed", Quantity.FORWARD_SPEED, Statistic.MEAN, at_least=0.51, at_most=0.69),
        check("steps", Quantity.FEET_IN_AIR, Statistic.MEAN, at_least=0.8),
        FALLS,
    ),
    bounds=(
        Bound("forward speed", "m/s", forward_speed, at_least=0.51, at_most=0.69),
        Bound("legs of a side together", "", sides_together, at_least=0.7),
        Bound("diagonal legs together", "", diagonals_together, at_most=0.6),
    ),
    extra=True,
)
