"""How somebody drives a robot on the page, and what it dances: data of a kind of robot."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Data(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )


class Control(_Data):
    """A channel at the wheel.

    One that is `held` goes back to nothing when it is let go of; one that is `moved` stays where it
    was left. Up and left on a stick are positive, like the first key.
    """

    channel: str = Field(examples=["vx"])
    label: str = Field(examples=["forward"])
    quantity: str | None = Field(
        default=None, examples=["forward_speed"],
        description="What the page computes to show what was done; null: it shows what was asked.",
    )  # fmt: skip
    part: str | None = None
    manner: Literal["held", "moved"] = "held"
    keys: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="Pairs of `KeyboardEvent.code`: what makes it more, what makes it less.",
        examples=[[["KeyW", "KeyS"]]],
    )
    axis: int | None = Field(
        default=None, ge=0, le=3, description="Of a standard gamepad: left x, y, right x, y."
    )
    share: float = Field(
        default=1.0, gt=0.0, le=1.0,
        description="Of the channel's range, without the key for everything.",
    )  # fmt: skip


class MoveWave(_Data):
    """What a move asks of a channel, as shares of what it does.

    The constant is a share of the range above zero, a negative one of that below. `phase` in rad at
    the beat; the sinusoid has so many cycles a cycle of the dance.
    """

    channel: str = Field(examples=["roll"])
    constant: float = Field(default=0.0, ge=-1.0, le=1.0)
    amplitude: float = Field(default=0.0, ge=0.0, le=1.0)
    phase: float = 0.0
    harmonic: float = Field(default=1.0, gt=0.0)


class Lag(_Data):
    """How far a robot's motion is behind what is asked at so many cycles a second, as measured."""

    hz: float = Field(gt=0.0)
    s: float


class Move(_Data):
    """A move of a dance. A cycle takes two beats: both extremes fall on one.

    Between the frequencies of its `lags`, which rise, the lag is interpolated; none: it is on time.
    """

    name: str = Field(examples=["sway"])
    waves: tuple[MoveWave, ...]
    lags: tuple[Lag, ...] = ()


class Driving(_Data):
    """What a robot can be driven and danced with; nothing of either for some kinds.

    `meanwhile` are channels that are held at a value while somebody drives. A dance's cycles are
    between `slowest_hz` and `fastest_hz`: other tempos are halved or doubled.
    """

    controls: tuple[Control, ...] = ()
    meanwhile: dict[str, float] = {}
    moves: tuple[Move, ...] = ()
    slowest_hz: float = Field(default=0.5, gt=0.0)
    fastest_hz: float = Field(default=1.3, gt=0.0)


NOTHING = Driving()
