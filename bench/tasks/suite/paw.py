"""Lift the right front paw and hold it up."""

from __future__ import annotations

from bench.robot import FEET
from bench.tasks.measures import foot, share_above
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity

FR, FL, RR, RL = FEET
REWARD = f"""
WEIGHTS = {{
    "paw": 3.0,
    "others_down": -1.0,
    "level": -1.0,
    "height": -5.0,
    "still": -0.5,
    "heading": -1.0,
    "smooth": -0.02,
    "fall": -5.0,
}}


def reward(state, action):
    others = [state.foot_contact(name) for name in ("{FL}", "{RR}", "{RL}")]
    return {{
        # linear up to 0.14 m: every centimetre pays
        "paw": jnp.clip(state.foot_height("{FR}") / 0.14, 0.0, 1.0),
        "others_down": 3.0 - sum(others),
        "level": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "height": jnp.square(state.base_height() - 0.27),
        "still": jnp.sum(jnp.square(state.base_linear_velocity())),
        "heading": jnp.square(state.yaw()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""

RAISED = 0.10  # m

TASK = Task(
    name="paw",
    sentence="lift your right front paw and hold it up",
    reward=REWARD,
    checks=(
        check(
            "paw_up", Quantity.FOOT_HEIGHT, Statistic.SHARE_ABOVE,
            part=FEET.front_right, threshold=RAISED, at_least=0.8,
        ),
        FALLS,
    ),
    bounds=(
        Bound(f"time with the paw {RAISED:g} m up", "", share_above(foot(FEET.front_right), RAISED),
              at_least=0.8),
    ),
)  # fmt: skip
