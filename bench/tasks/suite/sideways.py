"""Walk sideways, to the left, without turning."""

from __future__ import annotations

from bench.tasks.measures import heading_drift, left_speed
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity

REWARD = """
WEIGHTS = {
    "left": 3.0,
    "forward": -1.5,
    "heading": -2.0,
    "bounce": -0.5,
    "wobble": -0.05,
    "smooth": -0.02,
    "fall": -5.0,
}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    rates = state.base_angular_velocity()
    return {
        "left": rl.gaussian(velocity[1] - 0.4, 0.2),
        "forward": jnp.square(velocity[0]),
        "heading": jnp.square(state.yaw()),
        "bounce": jnp.square(state.base_linear_velocity()[2]),
        "wobble": jnp.square(rates[0]) + jnp.square(rates[1]),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }
"""

TASK = Task(
    name="sideways",
    sentence="walk sideways to the left at 0.4 m/s",
    reward=REWARD,
    checks=(
        check("speed", Quantity.LATERAL_SPEED, Statistic.MEAN, at_least=0.34, at_most=0.46),
        check("straight", Quantity.HEADING, Statistic.CHANGE, at_least=-0.2, at_most=0.2),
        FALLS,
    ),
    bounds=(
        Bound("speed to the left", "m/s", left_speed, at_least=0.34, at_most=0.46),
        Bound("heading drift", "rad", heading_drift, at_most=0.2),
    ),
)
