"""What `robot.toml` says of a robot, as far as its model tells."""

from __future__ import annotations

from typing import Any

from tabrl.embodiments.arm.names import PLACE, POINTING
from tabrl.embodiments.legged.limbs import at_every_corner
from tabrl.robot_import.limbs.found import FoundLimb, Survey
from tabrl.robot_import.limbs.legs import KIND as LEGGED
from tabrl.robot_import.limbs.plane import KIND as PLANAR
from tabrl.robot_import.model.linkage import Hinge, Linkage
from tabrl.robot_import.model.source import Source
from tabrl.robot_import.names import identifier, is_text
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.refusal import refusal

_GRAVITY = 9.81
_LARGEST_STEP = 0.4  # rad a unit of action,
_STEP_SHARE = 0.25  # or this share of the joint's range
_TARGET_SPEED = 1.0  # rad/s a unit of action, of kinds whose policies move their targets
_GENERAL = ("xml", "xmls", "mjcf", "urdf", "robot", "robots", "model", "models", "assets", "scene")
# Sentences for arms, and the channels that they take.
_OF_ARMS = (
    ("point up and wave", POINTING[:2]),
    ("draw a circle in the air", PLACE),
    ("nod twice, then return", POINTING[1:2]),
    ("reach up, then return", PLACE[2:]),
    ("reach left and hold", PLACE[1:2]),
    ("reach forward, then return", PLACE[:1]),
)
_FEW = 3
_HERE = ("", "..")  # what a path ends with that names no folder by its name
_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 8: "eight"}
# By which power of a robot's strength the reach of a command goes down.
_SHARES = {"vx": 0.5, "vy": 0.25, "yaw": 0.25, "jump": 1.0}
_LEAST_SHARE = 0.2


def robot_name(options: ImportOptions, source: Source) -> tuple[str, str]:
    """Id and name: as told, else of the folder or file that was named, else of the model.

    Raises `Invalid` for a name that is no text.
    """
    own = options.place.name if options.place.name not in _HERE else options.place.resolve().name
    if not options.place.is_dir():
        own = source.file.stem
    if own.lower() in _GENERAL:
        own = str(source.model.names[: source.model.names.index(b"\0")].decode()) or own
        own = own.removesuffix(" scene")
    robot_id = identifier(options.robot_id or own.lower(), "robot")
    words = " ".join(word[:1].upper() + word[1:] for word in robot_id.split("_"))
    return robot_id, _text(options.name) or words


def _text(name: str | None) -> str | None:
    """A name that can be written into files. Raises `Invalid` for bytes that are no text."""
    if name is not None and not is_text(name):
        raise refusal("the name that --name says is no text in UTF-8: write it in another way")
    return name


def content(survey: Survey, linkage: Linkage, robot_id: str, title: str) -> dict[str, Any]:
    """The robot's data, in the order of the file."""
    hinges = linkage.hinges
    data: dict[str, Any] = {
        "id": robot_id,
        "name": title,
        "maker": "",
        "description": _description(survey, linkage),
        "examples": list(_examples(survey)),
        "scene": f"{robot_id}.xml",
        "embodiment": survey.kind,
    }
    if survey.without:
        data["without"] = list(survey.without)
    data["characteristic_length"] = round(survey.length, 4)
    if survey.limbs[0].radius:
        data["end_effector_radius"] = round(survey.limbs[0].radius, 4)
    moving = survey.kind in (LEGGED, PLANAR)
    data["action_scale"] = [_step(hinge) if moving else _TARGET_SPEED for hinge in hinges]
    shares = range_shares(survey, linkage) if survey.kind == LEGGED else {}
    if shares:
        data["range_share"] = shares
    names = {hinge.joint: hinge.name for hinge in hinges}
    data["limbs"] = [_limb(limb, names) for limb in survey.limbs]
    data["joints"] = [
        {
            "name": hinge.name,
            "home": round(hinge.home, 6),
            "range": [round(limit, 6) for limit in hinge.range],
        }
        for hinge in hinges
    ]
    return data


def range_shares(survey: Survey, linkage: Linkage) -> dict[str, float]:
    """Shares of the ranges of commands that the motors allow; none if they allow all, or nobody
    says what they can."""
    torques = [hinge.servo.torque for hinge in linkage.hinges]
    if None in torques:
        return {}
    strongest = max(torque for torque in torques if torque is not None)
    needed = linkage.mass * _GRAVITY * survey.length
    strength = strongest / needed
    if strength >= 1.0:
        return {}
    shares = {name: max(_LEAST_SHARE, strength**power) for name, power in _SHARES.items()}
    return {name: round(share, 2) for name, share in shares.items()}


def _limb(limb: FoundLimb, names: dict[int, str]) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": limb.name,
        "end_effector": limb.effector,
        "joints": [names[joint] for joint in limb.joints],
    }
    if limb.place:
        table["place"] = list(limb.place)
    if min(limb.signs) < 0.0:
        table["signs"] = [float(sign) for sign in limb.signs]
    return table


def _description(survey: Survey, linkage: Linkage) -> str:
    mass, joints = linkage.mass, len(linkage.hinges)
    count = len(survey.limbs)
    legs = _NUMBERS.get(count, str(count))
    if survey.kind == PLANAR:
        limbs = f"{legs} limb{'s' * (count > 1)}"
        return f"A robot of {mass:.3g} kg that moves in a plane, with {limbs} and {joints} joints."
    if survey.kind != LEGGED:
        reach = survey.length
        return f"An arm of {mass:.3g} kg with {joints} joints and a reach of {reach:.2f} m."
    height = survey.length
    return f"A robot of {mass:.3g} kg with {legs} legs and {joints} joints, {height:.2f} m high."


def _examples(survey: Survey) -> tuple[str, ...]:
    """Sentences that are read without a language model; none where no sentence is."""
    if survey.kind == PLANAR:
        return ("run forward fast", "walk forward", "walk backward", "hop", "stand still")
    if survey.kind != LEGGED:
        return tuple(words for words, needs in _OF_ARMS if not set(needs) & set(survey.without))[
            :_FEW
        ]
    if not at_every_corner(survey.limbs):
        return ()
    first = survey.limbs[0]
    words = " ".join(word for word in reversed(first.place)) or first.name
    return (
        "walk forward slowly",
        "crouch low",
        "turn on the spot",
        "lean to the left, then to the right",
        f"lift your {words} foot",
    )


def sentence_notes(survey: Survey) -> tuple[str, ...]:
    """What to know of sentences about a robot, where not all who run TabRL can read them."""
    if survey.kind != LEGGED or at_every_corner(survey.limbs):
        return ()
    return (
        "there are no example sentences: without a language model (TABRL_LLM_MODEL) only those of "
        "robots with legs front and rear, left and right are read",
    )


def _step(hinge: Hinge) -> float:
    low, high = hinge.range
    return float(f"{min(_LARGEST_STEP, _STEP_SHARE * (high - low)):.2g}")
