"""Stand on the hind legs. Sitting on the haunches leaves the trunk too low for it."""

from __future__ import annotations

from bench.tasks.body import Body
from bench.tasks.measures import longest_upright
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def task(body: Body) -> Task:
    """For one robot."""
    u, feet = body.units, body.feet
    fr, fl, rr, rl = feet
    high = u.length(0.15)
    risen = f"(tail - {u.length(0.08)}) / {u.length(0.16)}"
    reward = f"""
WEIGHTS = {{
    "front_up": 2.0,
    "nose_up": 2.0,
    "tall": 3.0,
    "hind_down": -1.0,
    "roll": -2.0,
    "stay": {u.per_square_speed(-0.5)},
    "calm": {u.per_square_rate(-0.05)},
    "smooth": -0.01,
    "fall": -10.0,
}}


def reward(state, action):
    front = jnp.minimum(state.foot_height("{fr}"), state.foot_height("{fl}"))
    hind = state.foot_contact("{rr}") + state.foot_contact("{rl}")
    velocity = state.base_linear_velocity_filtered()
    rates = state.base_angular_velocity()
    # The tail end of the trunk: it is near the floor when the robot sits, and high when it stands.
    tail = state.base_height() + {u.length(0.18)} * state.gravity()[0]
    return {{
        "front_up": jnp.clip(front / {u.length(0.3)}, 0.0, 1.0),
        # the sine of the angle by which the nose is up; 1 rad is enough
        "nose_up": jnp.clip(-state.gravity()[0] / 0.85, -0.2, 1.0),
        # counts only with the nose up, or standing on four legs would pay
        "tall": jnp.clip(-state.gravity()[0], 0.0, 1.0) * jnp.clip({risen}, 0.0, 1.0),
        "hind_down": 2.0 - hind,
        "roll": jnp.square(state.gravity()[1]),
        "stay": jnp.square(velocity[0]) + jnp.square(velocity[1]),
        "calm": jnp.sum(jnp.square(rates)),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="rear",
        sentence="stand on your hind legs",
        reward=reward,
        checks=(
            *(
                check(
                    f"{foot}_up", Quantity.FOOT_HEIGHT, Statistic.SHARE_ABOVE,
                    part=foot, threshold=high, at_least=0.4,
                )
                for foot in feet[:2]
            ),
            check("nose_up", Quantity.PITCH, Statistic.MEAN, at_most=-0.6),
            FALLS,
        ),
        bounds=(
            Bound(
                "longest time upright", "s", longest_upright(high, high), at_least=u.seconds(3.0)
            ),
        ),
        seconds=300.0,
        stretch=True,
        needs=("rear",),
    )  # fmt: skip
