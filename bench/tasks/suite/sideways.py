"""Walk sideways, to the left, without turning."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import heading_drift, left_speed
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    reward = f"""
WEIGHTS = {{
    "left": 3.0,
    "forward": {u.per_square_speed(-1.5)},
    "heading": -2.0,
    "bounce": {u.per_square_speed(-0.5)},
    "wobble": {u.per_square_rate(-0.05)},
    "smooth": -0.02,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    rates = state.base_angular_velocity()
    return {{
        "left": rl.gaussian(velocity[1] - {u.speed(0.4)}, {u.speed(0.2)}),
        "forward": jnp.square(velocity[0]),
        "heading": jnp.square(state.yaw()),
        "bounce": jnp.square(state.base_linear_velocity()[2]),
        "wobble": jnp.square(rates[0]) + jnp.square(rates[1]),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="sideways",
        sentence=f"walk sideways to the left at {u.speed(0.4):g} m/s",
        reward=reward,
        checks=(
            check(
                "speed",
                Quantity.LATERAL_SPEED,
                Statistic.MEAN,
                at_least=u.speed(0.34),
                at_most=u.speed(0.46),
            ),
            check("straight", Quantity.HEADING, Statistic.CHANGE, at_least=-0.2, at_most=0.2),
            FALLS,
        ),
        bounds=(
            Bound(
                "speed to the left",
                "m/s",
                left_speed,
                at_least=u.speed(0.34),
                at_most=u.speed(0.46),
            ),
            Bound("heading drift", "rad", heading_drift, at_most=0.2),
        ),
        needs=("vy",),
    )
