"""Walk straight on at one metre a second."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import forward_speed, heading_drift
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    reward = f"""
WEIGHTS = {{
    "forward": 3.0,
    "sideways": {u.per_square_speed(-1.0)},
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
        # wide enough to be felt from a standstill
        "forward": rl.gaussian(velocity[0] - {u.speed(1.0)}, {u.speed(0.5)}),
        "sideways": jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "bounce": jnp.square(state.base_linear_velocity()[2]),
        "wobble": jnp.square(rates[0]) + jnp.square(rates[1]),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="walk",
        sentence=f"walk forward at {u.speed(1.0):g} m/s",
        reward=reward,
        checks=(
            check(
                "speed",
                Quantity.FORWARD_SPEED,
                Statistic.MEAN,
                at_least=u.speed(0.85),
                at_most=u.speed(1.15),
            ),
            check("straight", Quantity.HEADING, Statistic.CHANGE, at_least=-0.2, at_most=0.2),
            FALLS,
        ),
        bounds=(
            Bound(
                "forward speed", "m/s", forward_speed, at_least=u.speed(0.85), at_most=u.speed(1.15)
            ),
            Bound("heading drift", "rad", heading_drift, at_most=0.2),
        ),
        needs=("vx",),
    )
