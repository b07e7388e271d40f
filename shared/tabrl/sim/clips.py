"""What the behaviour bank shows: a hundred command programs by name, over all that a base does."""

from __future__ import annotations

from tabrl.control.gait import Gait
from tabrl.control.program import CommandProgram

_ask = CommandProgram.asking
_FEET = {"right front": "fr", "left front": "fl", "right hind": "rr", "left hind": "rl"}

_WALKS = {
    "stand": _ask(),
    "stroll": _ask(vx=0.25),
    "walk": _ask(vx=0.5),
    "walk briskly": _ask(vx=0.8),
    "trot": _ask(vx=1.1),
    "run": _ask(vx=1.5),
    "run fast": _ask(vx=1.9),
    "backwards": _ask(vx=-0.5),
    "backwards slowly": _ask(vx=-0.25),
    "backwards fast": _ask(vx=-0.9),
    "sideways": _ask(vy=0.35),
    "sideways slowly": _ask(vy=0.2),
    "sideways fast": _ask(vy=0.55),
    "sideways to the right": _ask(vy=-0.35),
    "sideways to the right fast": _ask(vy=-0.55),
    "diagonally to the left": _ask(vx=0.4, vy=0.3),
    "diagonally to the right": _ask(vx=0.4, vy=-0.3),
    "spin": _ask(yaw=1.2),
    "spin slowly": _ask(yaw=0.6),
    "spin fast": _ask(yaw=2.1),
    "spin to the right": _ask(yaw=-1.2),
    "spin to the right slowly": _ask(yaw=-0.6),
    "spin to the right fast": _ask(yaw=-2.1),
    "walk in a left circle": _ask(vx=0.5, yaw=0.6),
    "walk in a right circle": _ask(vx=0.5, yaw=-0.6),
    "run in a left circle": _ask(vx=1.1, yaw=0.9),
    "run in a right circle": _ask(vx=1.1, yaw=-0.9),
}
_STEPS = {
    "walk with slow steps": _ask(vx=0.4, gait_frequency=1.5),
    "walk with quick steps": _ask(vx=0.5, gait_frequency=3.4),
    "walk with high knees": _ask(vx=0.4, swing=0.05),
    "shuffle": _ask(vx=0.3, swing=-0.03),
    "step on the spot": _ask(gait_frequency=2.0),
    "march on the spot": _ask(gait_frequency=1.8, swing=0.05),
    "patter on the spot": _ask(gait_frequency=3.3, swing=-0.02),
    "pace": _ask(vx=0.5, gait=Gait.PACE),
    "pace on the spot": _ask(gait=Gait.PACE, gait_frequency=2.0),
    "pace backwards": _ask(vx=-0.4, gait=Gait.PACE),
    "bound": _ask(vx=0.5, gait=Gait.BOUND),
    "bound fast": _ask(vx=0.9, gait=Gait.BOUND, gait_frequency=3.0),
    "bound on the spot": _ask(gait=Gait.BOUND, gait_frequency=2.2),
    "hop": _ask(jump=0.05),
    "hop low": _ask(jump=0.03),
    "hop high": _ask(jump=0.08),
    "hop quickly": _ask(jump=0.03, gait_frequency=2.8),
    "hop slowly": _ask(jump=0.06, gait_frequency=1.6),
    "hop forward": _ask(jump=0.05, vx=0.4),
    "hop backwards": _ask(jump=0.05, vx=-0.3),
    "hop to the side": _ask(jump=0.05, vy=0.25),
    "hop round": _ask(jump=0.05, yaw=0.9),
}
_POSTURES = {
    "tall": _ask(height=0.03),
    "crouch": _ask(height=-0.06),
    "crouch low": _ask(height=-0.11),
    "creep": _ask(vx=0.3, height=-0.09),
    "creep fast": _ask(vx=0.6, height=-0.08),
    "creep backwards": _ask(vx=-0.3, height=-0.09),
    "spin low": _ask(yaw=1.0, height=-0.08),
    "bow": _ask(pitch=0.35),
    "bow slightly": _ask(pitch=0.2),
    "bow deeply": _ask(pitch=0.47),
    "nose up": _ask(pitch=-0.3),
    "nose far up": _ask(pitch=-0.48),
    "sit": _ask(pitch=-0.48, height=-0.06),
    "walk nose up": _ask(vx=0.5, pitch=-0.3),
    "walk nose down": _ask(vx=0.5, pitch=0.3),
    "lean right": _ask(roll=0.25),
    "lean left": _ask(roll=-0.25),
    "lean far right": _ask(roll=0.36),
    "lean far left": _ask(roll=-0.36),
    "walk leaning right": _ask(vx=0.4, roll=0.25),
    "walk leaning left": _ask(vx=0.4, roll=-0.25),
    "half rear": _ask(rear=0.6),
    "rear up": _ask(rear=1.0),
}
_PAWS = {f"lift the {words} paw": _ask(**{f"lift_{foot}": 0.10}) for words, foot in _FEET.items()}
_WAVES = {
    f"wave the {words} paw": _ask(**{f"lift_{foot}": (0.08, 0.05)})
    for words, foot in list(_FEET.items())[:2]
}
_RHYTHMS = {
    "sway": _ask(roll=(0.0, 0.25)),
    "sway slowly": _ask(roll=(0.0, 0.25), beat_frequency=0.5),
    "sway quickly": _ask(roll=(0.0, 0.25), beat_frequency=1.5),
    "sway very quickly": _ask(roll=(0.0, 0.2), beat_frequency=2.0),
    "sway low": _ask(roll=(0.0, 0.25), height=-0.06),
    "walk and sway": _ask(vx=0.4, roll=(0.0, 0.2)),
    "creep and sway": _ask(vx=0.25, height=-0.06, roll=(0.0, 0.2)),
    "bob": _ask(height=(-0.03, 0.05)),
    "bob slowly": _ask(height=(-0.03, 0.05), beat_frequency=0.5),
    "bob quickly": _ask(height=(-0.03, 0.05), beat_frequency=1.5),
    "bob very quickly": _ask(height=(-0.03, 0.04), beat_frequency=2.0),
    "walk and bob": _ask(vx=0.4, height=(-0.03, 0.04)),
    "spin and bob": _ask(yaw=0.7, height=(-0.03, 0.04)),
    "nod": _ask(pitch=(0.0, 0.22)),
    "nod slowly": _ask(pitch=(0.0, 0.25), beat_frequency=0.5),
    "nod quickly": _ask(pitch=(0.0, 0.2), beat_frequency=2.0),
    "walk and nod": _ask(vx=0.4, pitch=(0.0, 0.2)),
    "wiggle": _ask(yaw=(0.0, 1.0)),
    "wiggle quickly": _ask(yaw=(0.0, 1.0), beat_frequency=2.0),
    "rock to and fro": _ask(vx=(0.0, 0.4)),
    "rock from side to side": _ask(vy=(0.0, 0.3)),
    "roll like a ship": _ask(roll=(0.0, 0.2, 0.0), pitch=(0.0, 0.15, 1.57), beat_frequency=0.6),
    "walk in serpentines": _ask(vx=0.5, yaw=(0.0, 1.0), beat_frequency=0.5),
    "march and sway": _ask(gait_frequency=2.0, swing=0.03, roll=(0.0, 0.2)),
}
RECIPES: dict[str, CommandProgram] = {
    **_WALKS, **_STEPS, **_POSTURES, **_PAWS, **_WAVES, **_RHYTHMS,
}  # fmt: skip
