"""Bow, nose down, and hold it with all feet planted.

Held means: the nose is down by 0.35 rad for nine tenths of the time. Planted means: all four feet
are on the floor nearly always, and none ends up elsewhere.
"""

from __future__ import annotations

from bench.rotation import Floats
from bench.tasks.body import Body
from bench.tasks.measures import planted_share, share_above, slip
from bench.tasks.motion import Motion
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity

DEPTH = 0.35  # rad


def pitch(motion: Motion) -> Floats:
    """Nose down is positive."""
    return motion.pitch


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    reward = f"""
WEIGHTS = {{
    "bow": 3.0,
    "planted": -2.0,
    "slip": {u.per_square_speed(-0.5)},
    "still": {u.per_square_speed(-0.5)},
    "roll": -2.0,
    "heading": -1.0,
    "smooth": -0.02,
    "fall": -5.0,
}}


def reward(state, action):
    velocity = state.base_linear_velocity()
    moving = jnp.sum(jnp.square(state.foot_velocity()[:, :2]), axis=1)
    return {{
        # a little deeper than a bow must be; wide enough to be felt while upright
        "bow": rl.gaussian(state.pitch() - 0.43, 0.25),
        "planted": 1.0 - jnp.mean(state.foot_contact()),
        "slip": jnp.sum(state.foot_contact() * moving),
        "still": jnp.sum(jnp.square(velocity)),
        "roll": jnp.square(state.roll()),
        "heading": jnp.square(state.yaw()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="bow",
        sentence="bow and hold it",
        reward=reward,
        checks=(
            check("nose_down", Quantity.PITCH, Statistic.MEAN, at_least=DEPTH),
            check("planted", Quantity.FEET_IN_AIR, Statistic.MEAN, at_most=0.1),
            FALLS,
        ),
        bounds=(
            Bound(
                f"time with the nose {DEPTH:g} rad down",
                "",
                share_above(pitch, DEPTH),
                at_least=0.9,
            ),
            Bound("time with all feet down", "", planted_share, at_least=0.95),
            Bound("way of the feet", "m", slip, at_most=u.length(0.05)),
        ),
        needs=("pitch",),
    )
