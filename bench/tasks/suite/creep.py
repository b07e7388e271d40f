"""Creep forward with the trunk low."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import forward_speed, mean_height
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    reward = f"""
WEIGHTS = {{
    "forward": 2.0,
    "low": 2.0,
    "sideways": {u.per_square_speed(-1.0)},
    "heading": -1.0,
    "level": -1.0,
    "smooth": -0.02,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    return {{
        "forward": rl.gaussian(velocity[0] - {u.speed(0.4)}, {u.speed(0.25)}),
        # the trunk is {u.length(0.28):g} m high when standing
        "low": rl.gaussian(state.base_height() - {u.length(0.16)}, {u.length(0.06)}),
        "sideways": jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "level": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="creep",
        sentence="crouch low and creep forward",
        reward=reward,
        checks=(
            check("low", Quantity.HEIGHT, Statistic.MEAN, at_most=u.length(0.18)),
            check("speed", Quantity.FORWARD_SPEED, Statistic.MEAN, at_least=u.speed(0.3)),
            FALLS,
        ),
        bounds=(
            Bound("trunk height", "m", mean_height, at_most=u.length(0.18)),
            Bound("forward speed", "m/s", forward_speed, at_least=u.speed(0.3)),
        ),
        needs=(
            "vx",
            "height",
        ),
    )
