"""Stand on the hind legs. Sitting on the haunches leaves the trunk too low for it."""

from __future__ import annotations

from bench.robot import FEET
from bench.tasks.measures import longest_upright
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity

FR, FL, RR, RL = FEET
REWARD = f"""
WEIGHTS = {{
    "front_up": 2.0,
    "nose_up": 2.0,
    "tall": 3.0,
    "hind_down": -1.0,
    "roll": -2.0,
    "stay": -0.5,
    "calm": -0.05,
    "smooth": -0.01,
    "fall": -10.0,
}}


def reward(state, action):
    front = jnp.minimum(state.foot_height("{FR}"), state.foot_height("{FL}"))
    hind = state.foot_contact("{RR}") + state.foot_contact("{RL}")
    velocity = state.base_linear_velocity_filtered()
    rates = state.base_angular_velocity()
    # The tail end of the trunk: it is near the floor when the robot sits, and high when it stands.
    tail = state.base_height() + 0.18 * state.gravity()[0]
    return {{
        "front_up": jnp.clip(front / 0.3, 0.0, 1.0),
        # the sine of the angle by which the nose is up; 1 rad is enough
        "nose_up": jnp.clip(-state.gravity()[0] / 0.85, -0.2, 1.0),
        # counts only with the nose up, or standing on four legs would pay
        "tall": jnp.clip(-state.gravity()[0], 0.0, 1.0) * jnp.clip((tail - 0.08) / 0.16, 0.0, 1.0),
        "hind_down": 2.0 - hind,
        "roll": jnp.square(state.gravity()[1]),
        "stay": jnp.square(velocity[0]) + jnp.square(velocity[1]),
        "calm": jnp.sum(jnp.square(rates)),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""

TASK = Task(
    name="rear",
    sentence="stand on your hind legs",
    reward=REWARD,
    checks=(
        *(
            check(
                f"{foot}_up", Quantity.FOOT_HEIGHT, Statistic.SHARE_ABOVE,
                part=foot, threshold=0.15, at_least=0.4,
            )
            for foot in (FEET.front_right, FEET.front_left)
        ),
        check("nose_up", Quantity.PITCH, Statistic.MEAN, at_most=-0.6),
        FALLS,
    ),
    bounds=(
        Bound("longest time upright", "s", longest_upright(front=0.15, trunk=0.15), at_least=3.0),
    ),
    seconds=300.0,
    stretch=True,
)  # fmt: skip
