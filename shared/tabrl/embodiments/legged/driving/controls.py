"""How a legged robot is driven, and what it dances. Data only."""

from __future__ import annotations

from math import pi

from tabrl.contracts.driving import Control, Driving, Move, MoveWave
from tabrl.embodiments.legged.limbs import channel_names
from tabrl.robots import Robot
from tabrl.robots.lags import lags_of

_CONTROLS = (
    Control(
        channel="vx",
        label="forward",
        quantity="forward_speed",
        axis=1,
        share=0.6,
        keys=(("KeyW", "KeyS"), ("ArrowUp", "ArrowDown")),
    ),
    Control(
        channel="vy",
        label="left",
        quantity="lateral_speed",
        axis=0,
        share=0.8,
        keys=(("KeyQ", "KeyE"),),
    ),
    Control(
        channel="yaw",
        label="turn",
        quantity="yaw_rate",
        axis=2,
        share=0.7,
        keys=(("KeyA", "KeyD"), ("ArrowLeft", "ArrowRight")),
    ),
    Control(
        channel="height",
        label="height",
        quantity="height",
        manner="moved",
        axis=3,
        keys=(("KeyR", "KeyF"),),
    ),
    Control(
        channel="pitch",
        label="nose down",
        quantity="pitch",
        manner="moved",
        keys=(("KeyT", "KeyG"),),
    ),
    Control(
        channel="roll",
        label="lean right",
        quantity="roll",
        manner="moved",
        keys=(("KeyC", "KeyZ"),),
    ),
)
_LOW = MoveWave(channel="height", constant=-0.3)  # it needs room to go up
# One extreme falls on the first beat of a cycle, the other on the second.
_MOVES = (
    Move(name="sway", waves=(MoveWave(channel="roll", amplitude=0.85, phase=pi / 2),)),
    Move(
        name="bob",
        waves=(MoveWave(channel="height", constant=-0.35, amplitude=0.8, phase=-pi / 2),),
    ),
    Move(name="nod", waves=(MoveWave(channel="pitch", amplitude=0.7, phase=pi / 2),)),
    Move(
        name="twist",
        waves=(_LOW, MoveWave(channel="yaw", amplitude=0.9, phase=pi / 2)),
    ),
    Move(
        name="roll and nod",
        waves=(
            MoveWave(channel="roll", amplitude=0.7, phase=pi / 2),
            MoveWave(channel="pitch", amplitude=0.5),
        ),
    ),
    Move(
        name="sway and bob",
        waves=(
            MoveWave(channel="roll", amplitude=0.7, phase=pi / 2),
            MoveWave(channel="height", constant=-0.35, amplitude=0.6, phase=-pi / 2),
        ),
    ),
    Move(
        name="spin and sway",
        waves=(
            MoveWave(channel="yaw", constant=0.45),
            MoveWave(channel="roll", amplitude=0.5, phase=pi / 2),
        ),
    ),
)


def driving(robot: Robot) -> Driving:
    """What this robot has of it. Raises `Invalid` (code `bad_robot`) for a wrong file of lags."""
    channels, lags = set(channel_names(robot)), lags_of(robot.id)
    return Driving(
        controls=tuple(one for one in _CONTROLS if one.channel in channels),
        moves=tuple(
            move.model_copy(update={"lags": lags.get(move.name, ())})
            for move in _MOVES
            if {wave.channel for wave in move.waves} <= channels
        ),
    )
