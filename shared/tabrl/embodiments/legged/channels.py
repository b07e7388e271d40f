"""What a legged robot can be told: body velocity, posture, steps, hops, rearing, each foot's lift.

The ranges are those of a robot that stands 0.28 m high; others are scaled (see `scale`).
"""

from __future__ import annotations

from dataclasses import replace

from tabrl.control.command_space import Channel, CommandSpace, Setting
from tabrl.embodiments.legged.gait import GAITS
from tabrl.embodiments.legged.limbs import in_words, lift_channel
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot

STEP_RANGE = (1.5, 3.5)  # Hz, of a gait frequency asked for


def command_space(robot: Robot) -> CommandSpace:
    """All channels and settings of a legged robot, without what it cannot do."""
    scale = Scale.of(robot)
    basic = (*_velocity(scale), *_posture(scale), *_feet(scale))
    lifts = (
        Channel(
            lift_channel(limb), "m", 0.0, 0.14 * scale.length, 0.06 * scale.length,
            0.04 * scale.length, f"lift of the {in_words(limb)} foot, m",
            f"lift the {in_words(limb)} foot", weight=0.15, upward=True,
        )
        for limb in robot.limbs
    )  # fmt: skip
    low, high = (value * scale.frequency for value in STEP_RANGE)
    settings = (
        Setting("gait", "which feet step together", choices=tuple(GAITS)),
        Setting(
            "gait_frequency", "strides a second, Hz", range=(low, high), words="{:.1f} steps/s"
        ),
    )
    own = tuple(_allowed(channel, robot) for channel in basic if channel.name not in robot.without)
    return CommandSpace((*own, *lifts), settings, rest="stand")


def _allowed(channel: Channel, robot: Robot) -> Channel:
    """The channel within what the robot's motors allow."""
    share = robot.share_of(channel.name)
    return replace(
        channel,
        lower=channel.lower * share,
        upper=channel.upper * share,
        amplitude=channel.amplitude * share,
    )


def _velocity(scale: Scale) -> tuple[Channel, ...]:
    speed, rate = scale.speed, scale.frequency
    return (
        Channel(
            "vx", "m/s", -1.1 * speed, 2.0 * speed, 0.4 * speed, 0.02 * speed,
            "speed forward, m/s (negative: backward)", "forward", "backward",
        ),
        Channel(
            "vy", "m/s", -0.6 * speed, 0.6 * speed, 0.3 * speed, 0.02 * speed,
            "speed to the left, m/s (negative: to the right)", "left", "right",
        ),
        Channel(
            "yaw", "rad/s", -2.2 * rate, 2.2 * rate, 1.0 * rate, 0.04 * rate,
            "turning left, rad/s (negative: right)", "turn left", "turn right",
        ),
    )  # fmt: skip


def _posture(scale: Scale) -> tuple[Channel, ...]:
    length = scale.length
    return (
        Channel(
            "height", "m", -0.12 * length, 0.03 * length, 0.05 * length, 0.004 * length,
            "height of the trunk, m from standing", "higher", "lower",
        ),
        Channel(
            "pitch", "rad", -0.50, 0.48, 0.25, 0.02,
            "pitch, rad (positive: nose down)", "nose down", "nose up",
        ),
        Channel(
            "roll", "rad", -0.38, 0.38, 0.28, 0.02,
            "roll, rad (positive: right side down)", "lean right", "lean left",
        ),
    )  # fmt: skip


def _feet(scale: Scale) -> tuple[Channel, ...]:
    length = scale.length
    return (
        Channel(
            "swing", "m", -0.03 * length, 0.06 * length, 0.03 * length, 0.004 * length,
            f"height of stepping feet, m above the usual {0.07 * length:g} m",
            "feet higher", "feet lower", weight=0.4, rhythmic=False,
        ),
        Channel(
            "jump", "m", 0.0, 0.09 * length, 0.04 * length, 0.02 * length,
            "rise of the trunk in a hop, m", "hop", "hop",
            weight=0.3, upward=True, rhythmic=False,
        ),
        Channel(
            "rear", "of 1", 0.0, 1.0, 0.4, 0.4,
            "rearing up: 1 is nose up by 1 rad on the hind legs", "rear up", "rear up",
            weight=0.15, upward=True, rhythmic=False,
        ),
    )  # fmt: skip
