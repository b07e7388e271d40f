"""Bob up and down at 1.5 Hz."""

from __future__ import annotations

from bench.rotation import Floats
from bench.tasks.body import Body
from bench.tasks.measures import amplitude, main_frequency
from bench.tasks.motion import Motion
from bench.tasks.task import FALLS, Bound, Task, check

from tabrl.contracts.checks import Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def height(motion: Motion) -> Floats:
    """The signal that follows the sinusoid."""
    return motion.height


def task(body: Body) -> Task:
    """For one robot."""
    u = body.units
    beat = u.frequency(1.5)
    reward = f"""
WEIGHTS = {{
    "follow": 2.0,
    "swing": 2.0,
    "stay": {u.per_square_speed(-1.0)},
    "heading": -1.0,
    "level": -2.0,
    "smooth": -0.02,
    "fall": -5.0,
}}


def reward(state, action):
    beat = jnp.sin(state.phase({beat}))
    # around bent legs, so that there is room upwards as well
    off = state.base_height() - {u.length(0.25)}
    velocity = state.base_linear_velocity_filtered()
    return {{
        "follow": rl.gaussian(off - {u.length(0.045)} * beat, {u.length(0.03)}),
        "swing": jnp.clip(off / {u.length(0.045)}, -1.2, 1.2) * beat,
        "stay": jnp.square(velocity[0]) + jnp.square(velocity[1]),
        "heading": jnp.square(state.yaw()),
        "level": jnp.square(state.roll()) + jnp.square(state.pitch()),
        "smooth": jnp.sum(jnp.square(action - state.previous_action())),
        "fall": state.fallen(),
    }}
"""
    return Task(
        name="bob",
        sentence=f"bob up and down at {beat:g} Hz",
        reward=reward,
        checks=(
            check(
                "swing",
                Quantity.HEIGHT,
                Statistic.AMPLITUDE,
                frequency=beat,
                at_least=u.length(0.03),
            ),
            check(
                "beat",
                Quantity.HEIGHT,
                Statistic.FREQUENCY,
                at_least=u.frequency(1.4),
                at_most=u.frequency(1.6),
            ),
            FALLS,
        ),
        bounds=(
            Bound("height amplitude", "m", amplitude(height, beat), at_least=u.length(0.03)),
            Bound(
                "main frequency",
                "Hz",
                main_frequency(height),
                at_least=u.frequency(1.4),
                at_most=u.frequency(1.6),
            ),
        ),
        needs=("height",),
    )
