"""What a legged robot can do, in words for people who choose one. Data only."""

from __future__ import annotations

from tabrl.embodiments.legged.limbs import channel_names
from tabrl.robots import Robot
from tabrl.robots.abilities import abilities_of

_WALKS, _SPEED = "walks", 0.05  # m/s: slower is no speed to name
_WORDS = {
    "vy": "steps sideways",
    "yaw": "turns",
    "height": "crouches",
    "roll": "leans",
    "pitch": "nods",
    "jump": "hops",
    "rear": "rears up",
}


def ability_words(robot: Robot) -> tuple[str, ...]:
    """What the robot's commands do, with how fast it was seen to walk.

    Raises `Invalid` (code `bad_robot`) for a wrong document of its abilities.
    """
    channels = channel_names(robot)
    words = (words for name, words in _WORDS.items() if name in channels)
    return (_walking(robot), *words, "lifts a foot")


def _walking(robot: Robot) -> str:
    measured = abilities_of(robot.id)
    reach = None if measured is None else measured.reach("vx")
    if reach is None or reach[1] < _SPEED:
        return _WALKS
    return f"{_WALKS} up to {reach[1]:.1f} m/s"
