"""The forms in which language models write motions, made the one that was asked for.

Only what can be meant in one way is read: a bare number for a shape, a mapping for a list, a unit
beside a number, another spelling of a name. All else stays as it is, and is refused with its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

from pydantic import JsonValue

from tabrl.embodiments.legged.gait import GAITS
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot
from tabrl_reward_worker.limbs import feet_of
from tabrl_reward_worker.llm.forms import is_nothing, letters, without_remarks
from tabrl_reward_worker.llm.lenient import Object, unpacked
from tabrl_reward_worker.llm.motions.units import is_number, plain_number

_SPEC = ("phases", "repeat", "ground")
_SHAPE = ("kind", "value", "mean", "amplitude", "hz", "sense", "phase")
_KINDS = {"value": "constant", "amplitude": "sinusoid", "sense": "extreme"}
_ENDS = {"seconds": "duration", "by": "reached"}
_FOR_EVER = frozenset({"hold", "held", "forever", "end", "always", "indefinite"})
_LIMB = re.compile(r"(?:foot|leg|paw)$")


@dataclass(frozen=True)
class Vocabulary:
    """How a robot's quantities, parts and gaits are spelt, by their letters, and their units."""

    quantities: Mapping[str, str]
    parts: Mapping[str, str]
    gaits: Mapping[str, str]
    units: Mapping[str, str]

    @classmethod
    def of(cls, robot: Robot) -> Self:
        """A robot's own."""
        known = askables_of(robot)
        parts = {letters(part): part for one in known for part in one.parts}
        for place, foot in feet_of(robot).items():
            parts |= {"".join(order): foot for order in (place, place[::-1])}
        return cls(
            {letters(one.name): one.name for one in known},
            parts,
            {letters(gait): str(gait) for gait in GAITS},
            {one.name: one.unit for one in known},
        )


@cache
def vocabulary_of(robot: Robot) -> Vocabulary:
    """See `Vocabulary.of`."""
    return Vocabulary.of(robot)


def plain_motion(given: JsonValue, words: Vocabulary, number: int) -> JsonValue:
    """A motion in the form that was asked for, as far as it can be read; it is the `number`-th.

    Raises `UnitError` for a number in a unit of another kind.
    """
    given = unpacked(given)
    if not isinstance(given, dict):
        return given
    motion = without_remarks(given, "name", "idea", "motion", *_SPEC)
    spec = _spec(unpacked(motion.pop("motion", None)), motion)
    for read_elsewhere in ("declined", "unsaid"):
        motion.pop(read_elsewhere, None)
    name, idea = motion.pop("name", None), motion.pop("idea", None)
    name = f"Motion {number}" if is_nothing(name) else name
    phases = spec.get("phases") if isinstance(spec, dict) else None
    if isinstance(spec, dict) and isinstance(phases, list):
        spec = spec | {"phases": [_phase(phase, words) for phase in phases]}
    return {"name": name, "idea": name if is_nothing(idea) else idea, "motion": spec, **motion}


def _spec(given: JsonValue, motion: Object) -> JsonValue:
    """The specification with a list of phases; what stands beside it is taken out of `motion`."""
    if is_nothing(given):
        given = {}
    elif isinstance(given, list) or (isinstance(given, dict) and "targets" in given):
        given = {"phases": given}
    if not isinstance(given, dict):
        return given
    spec = without_remarks(_taken(motion, _SPEC, given) | given, *_SPEC)
    return spec | {"phases": _listed(spec["phases"], "targets")} if "phases" in spec else spec


def _phase(given: JsonValue, words: Vocabulary) -> JsonValue:
    if not isinstance(given, dict):
        return given
    phase = without_remarks(given, "targets")
    targets = phase.get("targets")
    if isinstance(targets, dict) and "quantity" not in targets:
        targets = [_target_of(name, shape) for name, shape in targets.items()]
    targets = _listed(targets, "quantity")
    if isinstance(targets, list):
        phase["targets"] = [_target(target, words) for target in targets]
    if "until" in phase:
        phase["until"] = _until(phase["until"], words)
    if isinstance(phase.get("gait"), str):
        phase["gait"] = words.gaits.get(letters(str(phase["gait"])), phase["gait"])
    return phase


def _target_of(quantity: str, shape: JsonValue) -> JsonValue:
    """A target that was written as `quantity: shape`, or as `quantity: {part: shape}`."""
    if (
        isinstance(shape, dict)
        and len(shape) == 1
        and not shape.keys() & {*_SHAPE, *_KINDS.values()}
    ):
        ((part, shape),) = shape.items()
        return {"quantity": quantity, "part": part, "shape": shape}
    return {"quantity": quantity, "shape": shape}


def _target(given: JsonValue, words: Vocabulary) -> JsonValue:
    if not isinstance(given, dict):
        return given
    target = without_remarks(given, *_SHAPE)
    target["quantity"] = quantity = _spelt(target.get("quantity"), words.quantities)
    if "part" in target:
        target["part"] = _spelt(target["part"], words.parts, _LIMB)
    shape = _opened(target.pop("shape", None))
    if isinstance(shape, dict):
        shape = _taken(target, (*_SHAPE, "unit"), shape) | shape
        unit = words.units.get(quantity, "") if isinstance(quantity, str) else ""
        shape = _measured(without_remarks(shape, *_SHAPE), unit) or None
    return {key: value for key, value in (target | {"shape": shape}).items() if value is not None}


def _opened(shape: JsonValue) -> JsonValue:
    """A shape as an object, if it is one in fewer words; what else it says may stand beside it."""
    if shape is None:
        return {}
    if isinstance(shape, str) and letters(shape) in _KINDS.values():
        return {"kind": shape}
    if is_number(shape):
        return {"value": shape}
    if isinstance(shape, dict) and len(shape) == 1 and shape.keys() & set(_KINDS.values()):
        ((kind, inner),) = shape.items()  # the kind as a name
        return {"kind": kind, **(inner if isinstance(inner, dict) else {"value": inner})}
    return shape


def _taken(given: Object, keys: Sequence[str], known: Object) -> Object:
    """What is taken out of an object because it belongs elsewhere, where it is not yet known."""
    return {key: given.pop(key) for key in keys if key in given and key not in known}


def _measured(shape: Object, unit: str) -> Object:
    """A shape of a kind, its numbers in the quantity's unit."""
    said = shape.pop("unit", None)
    for key in ("value", "mean", "amplitude"):
        if key in shape:
            shape[key] = plain_number(shape[key], unit, said)
    if "hz" in shape:
        shape["hz"] = plain_number(shape["hz"], "Hz")
    return _of_a_kind(shape, _KINDS)


def _until(given: JsonValue, words: Vocabulary) -> JsonValue:
    if isinstance(given, str) and letters(given) in _FOR_EVER:
        return {"kind": "hold"}
    if is_number(given):
        return {"kind": "duration", "seconds": plain_number(given, "s")}
    if not isinstance(given, dict):
        return given
    until = _of_a_kind(without_remarks(given), _ENDS)
    for key in ("seconds", "within_s"):
        if key in until:
            until[key] = plain_number(until[key], "s")
    if "quantity" in until:
        until["quantity"] = quantity = _spelt(until["quantity"], words.quantities)
        if "by" in until and isinstance(quantity, str) and quantity in words.units:
            until["by"] = plain_number(until["by"], words.units[quantity])
    return until


def _of_a_kind(given: Object, kinds: Mapping[str, str]) -> Object:
    """A shape or an end with its kind, which one of its numbers gives away."""
    if "kind" not in given and "type" in given:
        given = {"kind": given["type"], **{key: given[key] for key in given if key != "type"}}
    found = [kind for name, kind in kinds.items() if name in given]
    if "kind" not in given and len(found) == 1:
        given = {"kind": found[0], **given}
    if isinstance(given.get("kind"), str):
        given = {**given, "kind": str(given["kind"]).strip().lower()}
    return given


def _spelt(
    name: JsonValue, known: Mapping[str, str], end: re.Pattern[str] | None = None
) -> JsonValue:
    """A name as the robot's own is spelt, without an `end` that says nothing."""
    if is_nothing(name):
        return None
    if not isinstance(name, str):
        return name
    found = letters(name)
    return known.get(found, known.get(end.sub("", found) if end else found, name))


def _listed(given: JsonValue, key: str) -> JsonValue:
    """A list of objects: a single one, which has the `key`, or several by name, made one."""
    if not isinstance(given, dict):
        return given
    return [given] if key in given else [*given.values()]
