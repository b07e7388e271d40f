"""Spin on the spot. Either way would do; the reward asks for the left."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import max_displacement, turn_rate
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    reward = f"""
WEIGHTS = {{
    "spin": 3.0,
    "walk": {u.per_square_speed(-1.0)},
    "away": {u.per_length(-1.5)},
    "level": -1.0,
    "smooth": -0.01,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    away = rl.norm(state.base_displacement()[:2])
    return {{
        # a fast spin: linear up to {u.frequency(2.5):g} rad/s, so that more always pays
        "spin": rl.progress(state.base_angular_velocity()[2], {u.frequency(2.5)}),
        "walk": jnp.square(velocity[0]) + jnp.square(velocity[1]),
        "away": jnp.minimum(away, {u.length(1.0)}),
        "level": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="spin",
        sentence="spin on the spot",
        reward=reward,
        checks=(
            check("turning", Quantity.YAW_RATE, Statistic.MEAN, at_least=u.frequency(1.8)),
            check("on_the_spot", Quantity.DRIFT, Statistic.MAX, at_most=u.length(0.3)),
            FALLS,
        ),
        bounds=(
            Bound("turning", "rad/s", turn_rate, at_least=u.frequency(1.8)),
            Bound("away from the spot", "m", max_displacement, at_most=u.length(0.3)),
        ),
        needs=("yaw",),
    )
