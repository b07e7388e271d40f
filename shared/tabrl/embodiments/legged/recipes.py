"""What the motion library shows of a legged robot: schedules by name, over all that it can do.

Amounts are those of the reference robot (see `scale`); others get them scaled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import CommandSpace
from tabrl.embodiments.legged.channels import STEP_RANGE
from tabrl.embodiments.legged.gait import Gait
from tabrl.embodiments.legged.limbs import in_words, is_rear, lift_channel
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot

Asked = dict[str, dict[str, Any]]

_WALKS: Asked = {
    "stand": {},
    "stroll": {"vx": 0.25},
    "walk": {"vx": 0.5},
    "walk briskly": {"vx": 0.8},
    "trot": {"vx": 1.1},
    "run": {"vx": 1.5},
    "run fast": {"vx": 1.9},
    "backwards": {"vx": -0.5},
    "backwards slowly": {"vx": -0.25},
    "backwards fast": {"vx": -0.9},
    "sideways": {"vy": 0.35},
    "sideways slowly": {"vy": 0.2},
    "sideways fast": {"vy": 0.55},
    "sideways to the right": {"vy": -0.35},
    "sideways to the right fast": {"vy": -0.55},
    "diagonally to the left": {"vx": 0.4, "vy": 0.3},
    "diagonally to the right": {"vx": 0.4, "vy": -0.3},
    "spin": {"yaw": 1.2},
    "spin slowly": {"yaw": 0.6},
    "spin fast": {"yaw": 2.1},
    "spin to the right": {"yaw": -1.2},
    "spin to the right slowly": {"yaw": -0.6},
    "spin to the right fast": {"yaw": -2.1},
    "walk in a left circle": {"vx": 0.5, "yaw": 0.6},
    "walk in a right circle": {"vx": 0.5, "yaw": -0.6},
    "run in a left circle": {"vx": 1.1, "yaw": 0.9},
    "run in a right circle": {"vx": 1.1, "yaw": -0.9},
}
_STEPS: Asked = {
    "walk with slow steps": {"vx": 0.4, "gait_frequency": 1.5},
    "walk with quick steps": {"vx": 0.5, "gait_frequency": 3.4},
    "walk with high knees": {"vx": 0.4, "swing": 0.05},
    "shuffle": {"vx": 0.3, "swing": -0.03},
    "step on the spot": {"gait_frequency": 2.0},
    "march on the spot": {"gait_frequency": 1.8, "swing": 0.05},
    "patter on the spot": {"gait_frequency": 3.3, "swing": -0.02},
    "pace": {"vx": 0.5, "gait": Gait.PACE},
    "pace on the spot": {"gait": Gait.PACE, "gait_frequency": 2.0},
    "pace backwards": {"vx": -0.4, "gait": Gait.PACE},
    "bound": {"vx": 0.5, "gait": Gait.BOUND},
    "bound fast": {"vx": 0.9, "gait": Gait.BOUND, "gait_frequency": 3.0},
    "bound on the spot": {"gait": Gait.BOUND, "gait_frequency": 2.2},
    "hop": {"jump": 0.05},
    "hop low": {"jump": 0.03},
    "hop high": {"jump": 0.08},
    "hop quickly": {"jump": 0.03, "gait_frequency": 2.8},
    "hop slowly": {"jump": 0.06, "gait_frequency": 1.6},
    "hop forward": {"jump": 0.05, "vx": 0.4},
    "hop backwards": {"jump": 0.05, "vx": -0.3},
    "hop to the side": {"jump": 0.05, "vy": 0.25},
    "hop round": {"jump": 0.05, "yaw": 0.9},
}
_POSTURES: Asked = {
    "tall": {"height": 0.03},
    "crouch": {"height": -0.06},
    "crouch low": {"height": -0.11},
    "creep": {"vx": 0.3, "height": -0.09},
    "creep fast": {"vx": 0.6, "height": -0.08},
    "creep backwards": {"vx": -0.3, "height": -0.09},
    "spin low": {"yaw": 1.0, "height": -0.08},
    "bow": {"pitch": 0.35},
    "bow slightly": {"pitch": 0.2},
    "bow deeply": {"pitch": 0.47},
    "nose up": {"pitch": -0.3},
    "nose far up": {"pitch": -0.48},
    "sit": {"pitch": -0.48, "height": -0.06},
    "walk nose up": {"vx": 0.5, "pitch": -0.3},
    "walk nose down": {"vx": 0.5, "pitch": 0.3},
    "lean right": {"roll": 0.25},
    "lean left": {"roll": -0.25},
    "lean far right": {"roll": 0.36},
    "lean far left": {"roll": -0.36},
    "walk leaning right": {"vx": 0.4, "roll": 0.25},
    "walk leaning left": {"vx": 0.4, "roll": -0.25},
    "half rear": {"rear": 0.6},
    "rear up": {"rear": 1.0},
}
_RHYTHMS: Asked = {
    "sway": {"roll": (0.0, 0.25)},
    "sway slowly": {"roll": (0.0, 0.25), "modulation_frequency": 0.5},
    "sway quickly": {"roll": (0.0, 0.25), "modulation_frequency": 1.5},
    "sway very quickly": {"roll": (0.0, 0.2), "modulation_frequency": 2.0},
    "sway low": {"roll": (0.0, 0.25), "height": -0.06},
    "walk and sway": {"vx": 0.4, "roll": (0.0, 0.2)},
    "creep and sway": {"vx": 0.25, "height": -0.06, "roll": (0.0, 0.2)},
    "bob": {"height": (-0.03, 0.05)},
    "bob slowly": {"height": (-0.03, 0.05), "modulation_frequency": 0.5},
    "bob quickly": {"height": (-0.03, 0.05), "modulation_frequency": 1.5},
    "bob very quickly": {"height": (-0.03, 0.04), "modulation_frequency": 2.0},
    "walk and bob": {"vx": 0.4, "height": (-0.03, 0.04)},
    "spin and bob": {"yaw": 0.7, "height": (-0.03, 0.04)},
    "nod": {"pitch": (0.0, 0.22)},
    "nod slowly": {"pitch": (0.0, 0.25), "modulation_frequency": 0.5},
    "nod quickly": {"pitch": (0.0, 0.2), "modulation_frequency": 2.0},
    "walk and nod": {"vx": 0.4, "pitch": (0.0, 0.2)},
    "wiggle": {"yaw": (0.0, 1.0)},
    "wiggle quickly": {"yaw": (0.0, 1.0), "modulation_frequency": 2.0},
    "rock to and fro": {"vx": (0.0, 0.4)},
    "rock from side to side": {"vy": (0.0, 0.3)},
    "roll like a ship": {
        "roll": (0.0, 0.2, 0.0),
        "pitch": (0.0, 0.15, 1.57),
        "modulation_frequency": 0.6,
    },
    "walk in serpentines": {"vx": 0.5, "yaw": (0.0, 1.0), "modulation_frequency": 0.5},
    "march and sway": {"gait_frequency": 2.0, "swing": 0.03, "roll": (0.0, 0.2)},
}
_LENGTHS = ("height", "swing", "jump")
_SPEEDS = ("vx", "vy")


def recipes(robot: Robot, space: CommandSpace) -> Mapping[str, CommandSchedule]:
    """All recipes that the robot can follow, by name."""
    scale = Scale.of(robot)
    groups = (_WALKS, _STEPS, _POSTURES, _paws(robot), _RHYTHMS)
    known = {*space.names, "gait", "gait_frequency", "modulation_frequency"}
    return {
        name: CommandSchedule.asking(
            space, **{k: _scaled(k, v, scale, robot.share_of(k)) for k, v in asked.items()}
        )
        for group in groups
        for name, asked in group.items()
        if asked.keys() <= known
    }


def variants(space: CommandSpace) -> Iterator[CommandSchedule]:
    """Every gait on the spot, at two frequencies."""
    low, high = space.setting("gait_frequency").range
    scale = low / STEP_RANGE[0]
    for gait in Gait:
        for frequency in (2.0, 3.0):
            asked = min(frequency * scale, high)
            yield CommandSchedule.asking(space, gait=gait.value, gait_frequency=asked)


def _paws(robot: Robot) -> Asked:
    """Every foot held up; front feet also wave."""
    held = {f"lift the {in_words(limb)} paw": {lift_channel(limb): 0.10} for limb in robot.limbs}
    waved = {
        f"wave the {in_words(limb)} paw": {lift_channel(limb): (0.08, 0.05)}
        for limb in robot.limbs
        if not is_rear(limb)
    }
    return {**held, **waved}


def _scaled(name: str, asked: Any, scale: Scale, share: float) -> Any:
    """A constant or a wave of the reference robot, for this one; phases stay."""
    if name in _LENGTHS or name.startswith("lift_"):
        factor = scale.length * share
    elif name in _SPEEDS:
        factor = scale.speed * share
    elif name in ("yaw", "gait_frequency"):
        factor = scale.frequency * share
    else:
        return asked
    if isinstance(asked, tuple):
        return (*(value * factor for value in asked[:2]), *asked[2:])
    return asked * factor
