"""March with high knees: the foot that swings lowest still swings 10 cm high.

Marching keeps a foot on the ground: to hop with all four, however high, is no march.
"""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import flight_share, lowest_swing
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    high = u.length(0.10)
    reward = f"""
WEIGHTS = {{
    "knees": 2.0,
    "lowest": 2.0,
    "flight": -2.0,
    "forward": 1.0,
    "sideways": {u.per_square_speed(-1.0)},
    "heading": -1.0,
    "level": -1.0,
    "smooth": -0.01,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity_filtered()
    # A foot counts only while it keeps stepping: no foot may rest longer than half a second.
    stepping = jnp.where(state.foot_contact_time() < {u.seconds(0.5)}, 1.0, 0.0)
    peaks = stepping * jnp.clip(state.foot_peak_height() / {u.length(0.13)}, 0.0, 1.0)
    return {{
        "knees": jnp.mean(peaks),
        "lowest": jnp.min(peaks),
        # who marches keeps a foot on the ground; hopping high is something else
        "flight": jnp.prod(1.0 - state.foot_contact()),
        "forward": rl.gaussian(velocity[0] - {u.speed(0.3)}, {u.speed(0.25)}),
        "sideways": jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "level": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="march",
        sentence="march with high knees",
        reward=reward,
        checks=(
            *(
                check(f"{foot}_high", Quantity.FOOT_HEIGHT, Statistic.MAX, part=foot, at_least=high)
                for foot in body.feet
            ),
            check("steps", Quantity.FEET_IN_AIR, Statistic.MEAN, at_least=0.5),
            FALLS,
        ),
        bounds=(
            Bound("swing of the lowest foot", "m", lowest_swing, at_least=high),
            Bound("time with all feet in the air", "", flight_share, at_most=0.1),
        ),
        needs=("swing",),
    )
