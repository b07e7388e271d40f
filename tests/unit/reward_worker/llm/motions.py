"""Motions as a language model says them."""

from __future__ import annotations

from typing import Any


def held(value: float) -> dict[str, Any]:
    return {"kind": "constant", "value": value}


def swung(amplitude: float, hz: float, mean: float = 0.0) -> dict[str, Any]:
    return {"kind": "sinusoid", "mean": mean, "amplitude": amplitude, "hz": hz}


def phase(until: Any = None, gait: str | None = None, **shapes: Any) -> dict[str, Any]:
    """A double underscore separates a quantity from its part."""
    named = [(*name.partition("__"), shape) for name, shape in shapes.items()]
    targets = [
        {"quantity": quantity, "part": part or None, "shape": shape}
        for quantity, _, part, shape in named
    ]
    return {"targets": targets, "gait": gait, "until": until or {"kind": "hold"}}


def motion(name: str, *phases: dict[str, Any], repeat: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "idea": f"{name}, as it was asked",
        "motion": {"phases": list(phases), "repeat": repeat},
    }


def said(*motions: dict[str, Any], unsaid: str = "", declined: bool = False) -> dict[str, Any]:
    return {"declined": declined, "unsaid": unsaid, "motions": list(motions)}


STROLL = motion("Stroll", phase(forward_speed=held(0.3)))
MARCH = motion("March", phase(forward_speed=held(0.8)))
ROLLING = motion("Rolling", phase(forward_speed=held(0.4), roll=swung(0.15, 1.0)))
RUSH = motion("Rush", phase(forward_speed=held(7.5)))
WINGS = motion("Flutter", phase(wings=held(1.0)))
