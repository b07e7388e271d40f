"""How an arm's tool is driven, and what it dances. Data only."""

from __future__ import annotations

from math import pi

from tabrl.contracts.driving import Control, Driving, Move, MoveWave
from tabrl.embodiments.arm.names import BLEND, PLACE, POINTING, channel_names
from tabrl.robots import Robot
from tabrl.robots.lags import lags_of

_X, _Y, _Z = PLACE
_AZIMUTH, _ELEVATION, _ROLL = POINTING
_CONTROLS = (
    Control(
        channel=_X,
        label="ahead",
        quantity="tool_position",
        part="x",
        manner="moved",
        axis=1,
        keys=(("KeyW", "KeyS"), ("ArrowUp", "ArrowDown")),
    ),
    Control(
        channel=_Y,
        label="left",
        quantity="tool_position",
        part="y",
        manner="moved",
        axis=0,
        keys=(("KeyA", "KeyD"), ("ArrowLeft", "ArrowRight")),
    ),
    Control(
        channel=_Z,
        label="up",
        quantity="tool_position",
        part="z",
        manner="moved",
        axis=3,
        keys=(("KeyQ", "KeyE"),),
    ),
    Control(channel=_AZIMUTH, label="point left", manner="moved", axis=2, keys=(("KeyF", "KeyG"),)),
    Control(channel=_ELEVATION, label="tip up", manner="moved", keys=(("KeyR", "KeyV"),)),
    Control(channel=_ROLL, label="roll", manner="moved", keys=(("KeyT", "KeyB"),)),
)
_UP = MoveWave(channel=_Z, constant=0.25)  # room below for what swings


def _tipped(share: float) -> MoveWave:
    return MoveWave(channel=_ELEVATION, constant=share)


# One extreme falls on the first beat of a cycle, the other on the second.
_MOVES = (
    Move(name="sway", waves=(_UP, MoveWave(channel=_Y, amplitude=0.8, phase=pi / 2))),
    Move(
        name="bob",
        waves=(MoveWave(channel=_Z, constant=0.25, amplitude=0.8, phase=-pi / 2),),
    ),
    Move(
        name="nod",
        waves=(_UP, MoveWave(channel=_ELEVATION, constant=0.26, amplitude=0.8, phase=pi / 2)),
    ),
    Move(
        name="shake the head",
        waves=(_UP, _tipped(0.42), MoveWave(channel=_AZIMUTH, amplitude=0.9, phase=pi / 2)),
    ),
    Move(name="twist", waves=(_UP, MoveWave(channel=_ROLL, amplitude=0.9, phase=pi / 2))),
    Move(
        name="sway and bob",
        waves=(
            MoveWave(channel=_Y, amplitude=0.8, phase=pi / 2),
            MoveWave(channel=_Z, constant=0.25, amplitude=0.4, phase=-pi / 2, harmonic=2.0),
        ),
    ),
    Move(
        name="saw and nod",
        waves=(
            _UP,
            MoveWave(channel=_X, amplitude=0.6, phase=pi / 2),
            MoveWave(channel=_ELEVATION, constant=0.22, amplitude=0.5, phase=pi / 2),
        ),
    ),
)


def driving(robot: Robot) -> Driving:
    """What this robot has of it. Raises `Invalid` (code `bad_robot`) for a wrong file of lags."""
    channels, lags = set(channel_names(robot)), lags_of(robot.id)
    return Driving(
        controls=tuple(one for one in _CONTROLS if one.channel in channels),
        meanwhile={BLEND: 0.0} if BLEND in channels else {},
        moves=tuple(
            move.model_copy(update={"lags": lags.get(move.name, ())})
            for move in _MOVES
            if {wave.channel for wave in move.waves} <= channels
        ),
    )
