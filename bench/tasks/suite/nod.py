"""Nod at 2 Hz on the spot."""

from __future__ import annotations

from bench.rotation import Floats
from bench.tasks.body import Body
from bench.tasks.measures import amplitude, main_frequency, max_displacement
from bench.tasks.motion import Motion
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def pitch(motion: Motion) -> Floats:
    """The signal that follows the sinusoid."""
    return motion.pitch


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    beat = u.frequency(2.0)
    reward = f"""
WEIGHTS = {{
    "follow": 2.0,
    "swing": 2.0,
    "still": {u.per_square_speed(-1.0)},
    "spot": 1.0,
    "heading": -1.0,
    "roll": -2.0,
    "smooth": -0.01,
    "fall": -5.0,
}}


def reward(state, action):
    beat = jnp.sin(state.phase({beat}))
    velocity = state.base_linear_velocity_filtered()
    return {{
        "follow": rl.gaussian(state.pitch() - 0.2 * beat, 0.12),
        "swing": jnp.clip(state.pitch() / 0.2, -1.1, 1.1) * beat,
        "still": jnp.square(velocity[0]) + jnp.square(velocity[1]),
        "spot": rl.gaussian(state.base_displacement()[:2], {u.length(0.1)}),
        "heading": jnp.square(state.yaw()),
        "roll": jnp.square(state.roll()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="nod",
        sentence=f"nod at {beat:g} Hz",
        reward=reward,
        checks=(
            check("swing", Quantity.PITCH, Statistic.AMPLITUDE, frequency=beat, at_least=0.12),
            check(
                "beat",
                Quantity.PITCH,
                Statistic.FREQUENCY,
                at_least=u.frequency(1.9),
                at_most=u.frequency(2.1),
            ),
            FALLS,
        ),
        bounds=(
            Bound("pitch amplitude", "rad", amplitude(pitch, beat), at_least=0.12),
            Bound(
                "main frequency",
                "Hz",
                main_frequency(pitch),
                at_least=u.frequency(1.9),
                at_most=u.frequency(2.1),
            ),
            Bound("away from the spot", "m", max_displacement, at_most=u.length(0.3)),
        ),
        extra=True,
        needs=("pitch",),
    )
