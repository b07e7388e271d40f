"""Motions in the forms that language models write: read as meant, or told what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tabrl.contracts.motion import MotionSpec
from tabrl.domain.errors import Invalid
from tabrl.robots import get_robot
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.llm.answers import in_words
from tabrl_reward_worker.llm.motions.answers import MotionAnswer, Unread, read_motions
from tests.unit.reward_worker.llm.motions import held, motion, phase, said, swung

GO1 = get_robot("go1")
WALK = {"quantity": "forward_speed", "part": None, "shape": held(0.3)}
STILL = {"quantity": "planar_speed", "part": None, "shape": held(0.0)}
TURN = {"quantity": "yaw_rate", "part": None, "shape": held(0.7)}
STAND = {"targets": [STILL]}
HOLD = {"kind": "hold"}
THREE = {"kind": "duration", "seconds": 3.0}
QUARTER = {"kind": "reached", "quantity": "heading", "by": 1.57}


def target(quantity: str = "forward_speed", **fields: Any) -> dict[str, Any]:
    return {"quantity": quantity} | fields


def foot(part: Any) -> dict[str, Any]:
    return target("foot_height", part=part, shape=0.09)


def doing(*targets: Any, **fields: Any) -> dict[str, Any]:
    return {"targets": list(targets)} | fields


def of(*phases: Any, **fields: Any) -> dict[str, Any]:
    return {"name": "Any", "idea": "x", "motion": {"phases": list(phases)} | fields}


def read(given: Any) -> MotionAnswer:
    return read_motions(given if isinstance(given, str) else json.dumps(given), GO1)


def in_short(spec: MotionSpec) -> str:
    """Numbers as they were read: "forward_speed 0.3, roll 0 0.1 1 until hold"."""
    phases = []
    for one in spec.phases:
        targets = []
        for asked in one.targets:
            shape = asked.shape.model_dump(exclude={"kind", "phase"}).values()
            numbers = (f"{value:.3g}" if isinstance(value, float) else value for value in shape)
            targets.append(" ".join([asked.quantity, *filter(None, [asked.part]), *numbers]))
        until = one.until.model_dump()
        end = until.get("seconds", until.get("by", ""))
        words = f"{', '.join(targets)} until {until['kind']}"
        phases.append(" ".join(filter(None, [one.gait, words, f"{end:.3g}" if end else ""])))
    return "; ".join(phases) + (" again" if spec.repeat else "")


WALKING = "forward_speed 0.3 until hold"
READ: dict[str, tuple[dict[str, Any], str]] = {
    "phases beside the name": ({"name": "Any", "phases": [doing(WALK)]}, WALKING),
    "a list of phases": ({"name": "Any", "motion": [doing(WALK)]}, WALKING),
    "one phase": ({"name": "Any", "motion": doing(WALK)}, WALKING),
    "phases that are one": ({"name": "Any", "motion": {"phases": doing(WALK)}}, WALKING),
    "phases by name": (
        {"motion": {"phases": {"first": doing(WALK, until=THREE), "then": STAND}}},
        "forward_speed 0.3 until duration 3; planar_speed 0 until hold",
    ),
    "a motion in a text": (
        {"name": "Any", "motion": json.dumps({"phases": [doing(WALK)]})}, WALKING,
    ),
    "targets by name": (of({"targets": {"forward_speed": 0.3}}), WALKING),
    "targets by name, with shapes": (of({"targets": {"forward_speed": held(0.3)}}), WALKING),
    "targets by name and part": (
        of({"targets": {"foot_height": {"FL": 0.09}}}), "foot_height FL 0.09 until hold",
    ),
    "one target": (of({"targets": WALK}), WALKING),
    "a bare number": (of(doing(target(shape=0.3))), WALKING),
    "a number in a text": (of(doing(target(shape="0.3"))), WALKING),
    "a number with its unit": (of(doing(target(shape="0.3 m/s"))), WALKING),
    "a value with its unit": (of(doing(target(shape=held(0.3) | {"value": "0.3 m/s"}))), WALKING),
    "a value in another unit": (of(doing(target(shape={"value": "1.08 km/h"}))), WALKING),
    "a unit beside the target": (of(doing(target(shape=0.3, unit="m/s"))), WALKING),
    "another unit beside the target": (
        of(doing(target("yaw_rate", shape=held(45.0), unit="deg/s"))), "yaw_rate 0.785 until hold",
    ),
    "another unit within the shape": (
        of(doing(target("roll", shape={"value": 10, "unit": "degrees"}))), "roll 0.175 until hold",
    ),
    "a swing in degrees": (
        of(doing(target("roll", shape=swung(0.1, 1.0) | {"amplitude": "10°", "hz": "1 Hz"}))),
        "roll 0 0.175 1 until hold",
    ),
    "no shape around its parts": (of(doing(target(value=0.3))), WALKING),
    "no shape, but its kind": (of(doing(target(kind="constant", value=0.3))), WALKING),
    "a kind for a shape": (of(doing(target(shape="constant", value=0.3))), WALKING),
    "a kind as a name": (of(doing(target(shape={"constant": 0.3}))), WALKING),
    "a kind as a type": (of(doing(target(shape={"type": "Constant", "value": 0.3}))), WALKING),
    "a swing without its kind": (
        of(doing(target("roll", shape={"amplitude": 0.1, "hz": 1, "mean": None}))),
        "roll 0 0.1 1 until hold",
    ),
    "another case": (of(doing(target("Forward_Speed", shape=held(0.3)))), WALKING),
    "other words": (of(doing(target("forward speed", shape=held(0.3)))), WALKING),
    "humps": (of(doing(target("forwardSpeed", shape=held(0.3)))), WALKING),
    "a part in another case": (
        of(doing(foot("fl"))), "foot_height FL 0.09 until hold",
    ),
    "a part in words": (
        of(doing(foot("rear right foot"))), "foot_height RR 0.09 until hold",
    ),
    "no part, in words": (of(doing(target(part="none", shape=held(0.3)))), WALKING),
    "a gait in another case": (of(doing(WALK, gait="TROT")), f"trot {WALKING}"),
    "no gait, in words": (of(doing(WALK, gait="None")), WALKING),
    "an end in words": (of(doing(WALK, until="hold")), WALKING),
    "seconds": (
        of(doing(WALK, until=3), STAND),
        "forward_speed 0.3 until duration 3; planar_speed 0 until hold",
    ),
    "seconds in a text": (
        of(doing(WALK, until="3 s"), STAND),
        "forward_speed 0.3 until duration 3; planar_speed 0 until hold",
    ),
    "seconds without a kind": (
        of(doing(WALK, until={"seconds": "3 seconds"}), STAND),
        "forward_speed 0.3 until duration 3; planar_speed 0 until hold",
    ),
    "a turn in degrees": (
        of(doing(TURN, until=QUARTER | {"quantity": "Heading", "by": "90 deg"}), STAND),
        "yaw_rate 0.7 until reached 1.57; planar_speed 0 until hold",
    ),
    "a turn without a kind": (
        of(doing(TURN, until={"quantity": "heading", "by": 1.57, "within_s": None}), STAND),
        "yaw_rate 0.7 until reached 1.57; planar_speed 0 until hold",
    ),
    "a part over and over": (of(doing(WALK, until=THREE), repeat=True), WALKING),
    "a turn over and over": (
        of(doing(TURN, until=QUARTER), repeat=True), "yaw_rate 0.7 until hold",
    ),
    "again, beside the motion": (
        of(doing(WALK, until=THREE), doing(STILL, until=3)) | {"repeat": True},
        "forward_speed 0.3 until duration 3; planar_speed 0 until duration 3 again",
    ),
    "remarks everywhere": (
        of(doing(WALK | {"comment": "slow"}, name="Walk", step=1, notes=["a"]), description="d")
        | {"rationale": "r", "tempo_hz": None, "loop": False},
        WALKING,
    ),
    "no name": ({"motion": {"phases": [doing(WALK)]}}, WALKING),
    "a name and an idea without end": (
        {"name": "n" * 500, "idea": "i" * 5000, "motion": {"phases": [doing(WALK)]}}, WALKING,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "short"), READ.values(), ids=READ.keys())
def test_it_is_read_as_meant(given: dict[str, Any], short: str) -> None:
    (one,) = read(said(given)).motions
    assert not isinstance(one, Unread), one.fault
    assert in_short(one.to_spec()) == short
    assert 1 <= len(one.name) <= 60
    assert 1 <= len(one.idea) <= 300


TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "seconds elsewhere": (of(doing(WALK, duration=3.0)), "phases.0.duration: there is no such"),
    "seconds of the end elsewhere": (of(doing(WALK, seconds=3.0)), "phases.0.seconds: there is no"),
    "two values": (of(doing(WALK | {"value": 0.5})), "targets.0.value: there is no such field"),
    "two values in one": (of(doing(target(shape=0.3, value=0.5))), "value: there is no such field"),
    "two units": (
        of(doing(target(shape={"value": 1, "unit": "m/s"}, unit="km/h"))), "unit: there is no such",
    ),
    "again and not again": (
        of(doing(WALK, until=3), STAND, repeat=False) | {"repeat": True}, "repeat: there is no",
    ),
    "a gait for all of it": (of(doing(WALK)) | {"gait": "trot"}, "gait: there is no such field"),
    "a direction": (of(doing(WALK | {"direction": "backward"})), "direction: there is no such"),
    "a foot": (of(doing(target("foot_height", foot="FL", shape=0.1))), "foot: there is no such"),
    "again by another name": (of(doing(WALK), loop=True), "motion.loop: there is no such field"),
    "a count": (of(doing(WALK, until=THREE), STAND, repeats=3), "motion.repeats: there is no such"),
    "a count for again": (of(doing(WALK, until=THREE), STAND, repeat=3), "motion.repeat: "),
    "a tempo": (of(doing(WALK), tempo_hz=2.0), "motion.tempo_hz: there is no such field"),
    "a tolerance": (of(doing(WALK | {"tolerance": 0.1})), "tolerance: there is no such field"),
    "phases by another name": (of() | {"motion": {"steps": [doing(WALK)]}}, "motion.phases: Field"),
    "targets by another name": (of({"target": [WALK]}), "target: there is no such field"),
    "too many phases": (of(*[doing(WALK, until=2)] * 7, STAND), "phases: at most 7, not 8"),
    "a unit of another kind": (
        of(doing(target("roll", shape=held(0.1), unit="m"))), "a number in rad is needed, not in",
    ),
    "rounds for a swing": (
        of(doing(target("roll", shape=swung(0.1, 1) | {"hz": "60 rpm"}))), "in Hz is needed",
    ),
    "a unit that nobody knows": (of(doing(target(shape="0.3 paces"))), "not in 'paces'"),
    "a comma": (of(doing(target(shape="0,3 m/s"))), "a number in m/s is needed"),
    "true for a number": (
        of(doing(target("rearing", shape=held(0.3) | {"value": True}))), "needed, not true",
    ),
    "true for a shape": (of(doing(target("rearing", shape=True))), "shape: give an object"),
    "true for an end": (of(doing(WALK, until=True)), "until: give an object"),
    "true for seconds": (of(doing(WALK, until={"seconds": True})), "a number in s is needed"),
    "no number": (of(doing(target(shape=held(0.3) | {"value": float("nan")}))), "finite number"),
    "a range": (of(doing(target(shape={"min": 0.2, "max": 0.4}))), "shape: it needs a kind"),
    "a list": (of(doing(target(shape=[0.2, 0.4]))), "shape: give an object"),
    "words for a number": (of(doing(target(shape="slow"))), "shape: give an object"),
    "several parts": (of(doing(foot(["FL", "FR"]))), "part: Input"),
    "parts in a text": (of(doing(foot("FL,FR"))), "letters, digits"),
    "a side, but no end": (of(doing(foot("left"))), "one of FR, FL"),
    "another quantity": (of(doing(target("vx", shape=0.3))), "there is no vx; there are forward"),
    "another gait": (of(doing(WALK, gait="walk")), "there is no gait walk; there are trot, pace"),
    "another end": (of(doing(WALK, until="the door"), STAND), "until: give an object"),
    "held for seconds": (of(doing(WALK, until=HOLD | {"seconds": 3})), "seconds: there is no"),
    "an end before it begins": (of(doing(WALK, until=0.0), STAND), "greater than or equal to 0.5"),
    "degrees for radians": (of(doing(target("pitch", shape=15.0))), "-0.35 to 0.35 rad"),
    "a turn by degrees": (of(doing(TURN, until=QUARTER | {"by": 90}), STAND), "takes 129 s for 90"),
    "a turn that is cut short": (
        of(doing(TURN, until=QUARTER | {"by": 6.2, "within_s": 4}), STAND), "its within_s of 4",
    ),
    "a way in centimetres": (
        of(doing(WALK, until={"kind": "reached", "quantity": "way", "by": 150}), STAND),
        "takes 500 s for 150 m",
    ),
    "walking and standing still": (of(doing(WALK, STILL)), "leave one out"),
    "twice the same": (of(doing(WALK, WALK)), "more than one target for forward_speed"),
    "more than it can": (of(doing(target(shape=9.0))), "forward speed of 9 m/s: this robot does"),
}  # fmt: skip


def told(given: dict[str, Any]) -> str:
    """What the writer of a motion is told of it."""
    (one,) = read(said(given)).motions
    if isinstance(one, Unread):
        return one.fault
    try:
        spec = one.to_spec()
    except ValidationError as error:
        return in_words(error)
    try:
        candidates_of(spec, GO1)
    except Invalid as error:
        return error.message
    return f"nothing: {in_short(spec)}"


@pytest.mark.parametrize(("given", "words"), TOLD.values(), ids=TOLD.keys())
def test_what_cannot_be_meant_in_one_way_is_told(given: dict[str, Any], words: str) -> None:
    assert words in told(given)


def test_a_phase_that_is_put_together_is_read_like_any_other() -> None:
    given = motion("Any", phase(THREE, "trot", forward_speed=held(0.3)), phase(roll=swung(0.1, 1)))
    (one,) = read(said(given)).motions
    assert not isinstance(one, Unread)
    expected = "trot forward_speed 0.3 until duration 3; roll 0 0.1 1 until hold"
    assert in_short(one.to_spec()) == expected
