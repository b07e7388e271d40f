"""Hop on the spot. On the spot means: within half a metre of where it was, for ten seconds."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import flight_share, max_displacement
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    reward = f"""
WEIGHTS = {{
    "flight": 3.0,
    "lift": 2.0,
    "together": {u.per_length(-3.0)},
    "stay": {u.per_square_speed(-1.0)},
    "away": {u.per_length(-2.0)},
    "heading": -1.0,
    "level": -1.0,
    "smooth": -0.005,
    "fall": -5.0,
}}


def reward(state, action):
    heights = state.foot_height()
    velocity = state.base_linear_velocity_filtered()
    away = rl.norm(state.base_displacement()[:2])
    return {{
        "flight": jnp.prod(1.0 - state.foot_contact()),
        # the lowest foot leads from standing to flying
        "lift": jnp.clip(jnp.min(heights) / {u.length(0.06)}, 0.0, 1.0),
        "together": jnp.minimum(jnp.max(heights) - jnp.min(heights), {u.length(0.2)}),
        "stay": jnp.square(velocity[0]) + jnp.square(velocity[1]),
        "away": jnp.minimum(away, {u.length(1.0)}),
        "heading": jnp.square(state.yaw()),
        "level": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="hop",
        sentence="hop on the spot",
        reward=reward,
        checks=(
            check(
                "in_the_air",
                Quantity.FEET_IN_AIR,
                Statistic.SHARE_ABOVE,
                threshold=3.5,
                at_least=0.25,
            ),
            check("on_the_spot", Quantity.DRIFT, Statistic.MAX, at_most=u.length(0.6)),
            FALLS,
        ),
        bounds=(
            Bound("time with all feet in the air", "", flight_share, at_least=0.25),
            Bound("away from the spot", "m", max_displacement, at_most=u.length(0.5)),
        ),
        needs=("jump",),
    )
