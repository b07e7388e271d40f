"""Run as fast as possible."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import forward_speed
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    reward = f"""
WEIGHTS = {{
    "speed": {u.per_speed(2.0)},
    "sideways": {u.per_square_speed(-0.5)},
    "heading": -1.0,
    "upright": -0.5,
    "smooth": -0.005,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    return {{
        # no target: every centimetre a second pays
        "speed": jnp.clip(velocity[0], {u.speed(-0.5)}, {u.speed(4.0)}),
        "sideways": jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "upright": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="run",
        sentence="run as fast as you can",
        reward=reward,
        checks=(
            check("speed", Quantity.FORWARD_SPEED, Statistic.MEAN, at_least=u.speed(1.8)),
            FALLS,
        ),
        bounds=(Bound("forward speed", "m/s", forward_speed, at_least=u.speed(1.8)),),
        needs=("vx",),
    )
