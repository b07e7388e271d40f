"""Pace: the two legs of a side step together, as a camel's do."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import diagonals_together, forward_speed, sides_together
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u, feet = body.units, body.feet
    fr, fl, rr, rl = feet
    reward = f"""
WEIGHTS = {{
    "forward": 2.0,
    "pace": 2.0,
    "sideways": {u.per_square_speed(-1.0)},
    "heading": -1.0,
    "smooth": -0.01,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    right = jnp.abs(state.foot_contact("{fr}") - state.foot_contact("{rr}"))
    left = jnp.abs(state.foot_contact("{fl}") - state.foot_contact("{rl}"))
    one = jnp.abs(state.foot_contact("{fr}") - state.foot_contact("{rl}"))
    other = jnp.abs(state.foot_contact("{fl}") - state.foot_contact("{rr}"))
    return {{
        "forward": rl.gaussian(velocity[0] - {u.speed(0.6)}, {u.speed(0.3)}),
        # 1 in a pace, -1 in a trot, 0 while standing
        "pace": 0.5 * (one + other - right - left),
        "sideways": jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="pace",
        sentence=f"pace forward at {u.speed(0.6):g} m/s, the legs of a side together like a camel",
        reward=reward,
        checks=(
            check(
                "speed",
                Quantity.FORWARD_SPEED,
                Statistic.MEAN,
                at_least=u.speed(0.51),
                at_most=u.speed(0.69),
            ),
            check("steps", Quantity.FEET_IN_AIR, Statistic.MEAN, at_least=0.8),
            FALLS,
        ),
        bounds=(
            Bound(
                "forward speed", "m/s", forward_speed, at_least=u.speed(0.51), at_most=u.speed(0.69)
            ),
            Bound("legs of a side together", "", sides_together, at_least=0.7),
            Bound("diagonal legs together", "", diagonals_together, at_most=0.6),
        ),
        extra=True,
        needs=("vx",),
    )
