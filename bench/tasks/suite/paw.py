"""Lift the right front paw and hold it up."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import foot, share_above
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u, feet = body.units, body.feet
    fr, fl, rr, rl = feet
    raised = u.length(0.10)
    reward = f"""
WEIGHTS = {{
    "paw": 3.0,
    "others_down": -1.0,
    "level": -1.0,
    "height": {u.per_square_length(-5.0)},
    "still": {u.per_square_speed(-0.5)},
    "heading": -1.0,
    "smooth": -0.02,
    "fall": -5.0,
}}


def reward(state, action):
    others = [state.foot_contact(name) for name in ("{fl}", "{rr}", "{rl}")]
    return {{
        # linear up to {u.length(0.14):g} m: every centimetre pays
        "paw": jnp.clip(state.foot_height("{fr}") / {u.length(0.14)}, 0.0, 1.0),
        "others_down": 3.0 - sum(others),
        "level": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "height": jnp.square(state.base_height() - {u.length(0.27)}),
        "still": jnp.sum(jnp.square(state.base_linear_velocity())),
        "heading": jnp.square(state.yaw()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="paw",
        sentence="lift your right front paw and hold it up",
        reward=reward,
        checks=(
            check(
                "paw_up", Quantity.FOOT_HEIGHT, Statistic.SHARE_ABOVE,
                part=feet.front_right, threshold=raised, at_least=0.8,
            ),
            FALLS,
        ),
        bounds=(
            Bound(
                f"time with the paw {raised:g} m up", "",
                share_above(foot(feet.front_right), raised), at_least=0.8,
            ),
        ),
    )  # fmt: skip
