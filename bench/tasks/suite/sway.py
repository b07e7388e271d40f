"""Sway from side to side at 1 Hz in a phase that begins with the reset, to the right first."""

from __future__ import annotations

from bench.rotation import Floats
from bench.tasks.body import Body
from bench.tasks.measures import amplitude, sinusoid_correlation
from bench.tasks.motion import Motion
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def roll(motion: Motion) -> Floats:
    """The signal that follows the sinusoid."""
    return motion.roll


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    beat = u.frequency(1.0)
    reward = f"""
WEIGHTS = {{
    "follow": 2.0,
    "swing": 2.0,
    "stay": {u.per_square_speed(-1.0)},
    "heading": -1.0,
    "pitch": -2.0,
    "smooth": -0.02,
    "fall": -5.0,
}}


def reward(state, action):
    beat = jnp.sin(state.phase({beat}))
    velocity = state.base_linear_velocity_filtered()
    return {{
        "follow": rl.gaussian(state.roll() - 0.3 * beat, 0.15),
        # leaning with the beat pays even while the swing is small
        "swing": jnp.clip(state.roll() / 0.3, -1.1, 1.1) * beat,
        "stay": jnp.square(velocity[0]) + jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "pitch": jnp.square(state.pitch()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="sway",
        sentence=f"sway from side to side to a {beat:g} Hz beat, to the right first",
        reward=reward,
        checks=(
            check("swing", Quantity.ROLL, Statistic.AMPLITUDE, frequency=beat, at_least=0.2),
            check("beat", Quantity.ROLL, Statistic.RHYTHM, frequency=beat, at_least=0.85),
            FALLS,
        ),
        bounds=(
            Bound("roll amplitude", "rad", amplitude(roll, beat), at_least=0.2),
            Bound(
                "correlation with the beat",
                "",
                sinusoid_correlation(roll, beat, u.seconds(0.15)),
                at_least=0.85,
            ),
        ),
        needs=("roll",),
    )
