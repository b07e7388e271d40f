"""Legs: chains of hinges from the trunk to what stands on the floor at home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import mujoco
import numpy as np

from tabrl.robot_import.limbs.feet import Foot, foot_of
from tabrl.robot_import.limbs.folding import leg_signs
from tabrl.robot_import.limbs.found import FoundLimb, Survey, common_prefixes, hinges_only, way_to
from tabrl.robot_import.model.extent import lowest, solid
from tabrl.robot_import.model.home import NEAR_FLOOR, Home
from tabrl.robot_import.model.source import Source
from tabrl.robot_import.names import identifier
from tabrl.robot_import.refusal import refusal

KIND = "legged"
MIN_LEGS = 2
_ASIDE = 0.3  # of the farthest foot; nearer to the middle a leg is neither left nor right
_LONGEST_PREFIX = 16
_IN_THE_AIR = 0.25  # of the trunk's height: what ends below was meant to stand
_JOINTS = 3  # of the kind's own legs: hip, thigh, knee
_TRAINABLE = 2  # joints of a leg, at least
_SITTING = 2.7  # rad by which the knee of a sitting robot is folded


@dataclass(frozen=True, eq=False)
class _Standing:
    """A body that stands on the floor, by its geoms, and the joints that move it."""

    body: int
    geoms: tuple[int, ...]
    joints: tuple[int, ...]


def survey_legs(source: Source, home: Home) -> Survey:
    """The legs of a floating robot, in the kind's order.

    Raises `Invalid` if it does not stand on legs of hinges.
    """
    data = source.posed(home.qpos)
    standing = _own_joints(source, _leaves(source, data))
    _check_others(source, data, standing, float(home.qpos[2]))
    feet = [foot_of(source.model, data, leg.geoms) for leg in standing]
    places = places_of([foot.point[:2] for foot in feet])
    order = sorted(range(len(feet)), key=lambda i: _rank(places[i], feet[i]))
    radius = float(np.mean([foot.radius for foot in feet]))
    chains = [standing[i].joints for i in order]
    names = names_of(source, chains, [places[i] for i in order])
    limbs = tuple(
        FoundLimb(
            name=name,
            place=places[i],
            joints=standing[i].joints,
            signs=leg_signs(source, data, standing[i].joints, feet[i].point),
            body=standing[i].body,
            point=feet[i].point,
            radius=radius,
            end=feet[i].words,
            effector=name,
        )
        for i, name in zip(order, names, strict=True)
    )
    survey = Survey(
        kind=KIND,
        limbs=limbs,
        length=float(home.qpos[2]),
        feet=frozenset(geom for leg in standing for geom in leg.geoms),
        notes=_remarks(limbs),
    )
    return replace(survey, without=_without(source, survey))


def _leaves(source: Source, data: mujoco.MjData) -> list[_Standing]:
    """Bodies with a geom near the floor that carry no other such body."""
    model = source.model
    low: dict[int, list[int]] = {}
    for geom in solid(source):
        if lowest(model, data, geom) < NEAR_FLOOR:
            low.setdefault(int(model.geom_bodyid[geom]), []).append(geom)
    found = [
        _Standing(body, tuple(geoms), tuple(way_to(source, body))) for body, geoms in low.items()
    ]
    if any(not leg.joints for leg in found):
        raise refusal(
            "at home the trunk itself lies on the floor: give the model a keyframe home in which "
            "only its feet touch"
        )
    chains = [set(leg.joints) for leg in found]
    leaves = [
        leg
        for leg, chain in zip(found, chains, strict=True)
        if not any(chain < other for other in chains)
    ]
    return _by_chain(leaves)


def _by_chain(found: Sequence[_Standing]) -> list[_Standing]:
    """Bodies that the same joints move, such as a shank and the foot welded to it, as one."""
    joined: dict[tuple[int, ...], _Standing] = {}
    for leg in found:
        before = joined.get(leg.joints)
        geoms = (*(before.geoms if before else ()), *leg.geoms)
        joined[leg.joints] = replace(leg, geoms=geoms)
    return list(joined.values())


def _own_joints(source: Source, standing: Sequence[_Standing]) -> list[_Standing]:
    """Each leg with the joints that move no other. Raises `Invalid` for fewer than two legs."""
    shared = {
        joint
        for leg in standing
        for other in standing
        if other is not leg
        for joint in leg.joints
        if joint in other.joints
    }
    legs = [
        replace(leg, joints=tuple(joint for joint in leg.joints if joint not in shared))
        for leg in standing
    ]
    if len(legs) < MIN_LEGS or any(not leg.joints for leg in legs):
        names = ", ".join(source.model.body(leg.body).name or "?" for leg in standing)
        raise refusal(
            f"at home only {names or 'nothing'} stands within {1000 * NEAR_FLOOR:.0f} mm of the "
            f"floor, and legs are {MIN_LEGS} or more chains of their own: give the model a "
            "keyframe home in which it stands on all feet"
        )
    for leg in legs:
        hinges_only(source, leg.joints)
    return legs


def _check_others(
    source: Source, data: mujoco.MjData, legs: Sequence[_Standing], height: float
) -> None:
    """Raises `Invalid` for a foot in the air: a chain like a leg that ends nearly on the floor."""
    counts = {len(leg.joints) for leg in legs}
    moved = {joint for leg in legs for joint in leg.joints}
    for geom in solid(source):
        body = int(source.model.geom_bodyid[geom])
        way, above = way_to(source, body), lowest(source.model, data, geom)
        if len(way) in counts and not moved & set(way) and above < _IN_THE_AIR * height:
            raise refusal(
                f"at home the body {source.model.body(body).name or body} is {1000 * above:.0f} mm "
                "above the floor while others stand on it: level the feet in the keyframe home"
            )


def places_of(points: Sequence[np.ndarray]) -> list[tuple[str, ...]]:
    """Words for where feet are: front or rear, left or right; none of them in the middle."""
    away = np.asarray(points) - (np.min(points, axis=0) + np.max(points, axis=0)) / 2
    size = float(np.abs(away).max())
    return [(*_word(x, size, "front", "rear"), *_word(y, size, "left", "right")) for x, y in away]


def _word(value: float, size: float, above: str, below: str) -> tuple[str, ...]:
    if abs(value) < _ASIDE * size:
        return ()
    return (above if value > 0.0 else below,)


def _rank(place: tuple[str, ...], foot: Foot) -> tuple[int, int, float, float]:
    """The kind's order: from front to rear, of each row the right one first."""
    row = 0 if "front" in place else 2 if "rear" in place else 1
    side = 0 if "right" in place else 2 if "left" in place else 1
    return row, side, -float(foot.point[0]), float(foot.point[1])


def names_of(
    source: Source, chains: Sequence[Sequence[int]], places: Sequence[tuple[str, ...]]
) -> list[str]:
    """What the model's joints of each leg begin with, if that tells the legs apart, else initials
    of the place."""
    own = common_prefixes([[source.label(joint) for joint in chain] for chain in chains])
    usable = [identifier(name) for name in own if 0 < len(name) <= _LONGEST_PREFIX]
    if len({name.lower() for name in usable}) == len(chains):
        return usable
    initials = ["".join(word[0].upper() for word in place) or "M" for place in places]
    return [
        name if initials.count(name) == 1 else f"{name}{initials[: i + 1].count(name)}"
        for i, name in enumerate(initials)
    ]


def _without(source: Source, survey: Survey) -> tuple[str, ...]:
    """Rearing takes front and hind legs like those of a dog, which sit on their shanks."""
    front = [limb for limb in survey.limbs if "front" in limb.place]
    rear = [limb for limb in survey.limbs if "rear" in limb.place]
    if len(front) != MIN_LEGS or len(rear) != MIN_LEGS:
        return ("rear",)
    can = all(len(limb.joints) == _JOINTS and _sits(source, limb) for limb in (*front, *rear))
    return () if can else ("rear",)


def _sits(source: Source, limb: FoundLimb) -> bool:
    """Whether the leg folds behind, and far enough to sit on it."""
    _, thigh, knee = limb.signs
    low, high = source.model.jnt_range[limb.joints[-1]]
    limited = bool(source.model.jnt_limited[limb.joints[-1]])
    folds = not limited or low <= -_SITTING * knee <= high
    return thigh > 0.0 and knee > 0.0 and folds


def _remarks(limbs: Sequence[FoundLimb]) -> tuple[str, ...]:
    """What the kind makes of legs other than its own."""
    notes = []
    long = ", ".join(limb.name for limb in limbs if len(limb.joints) > _JOINTS)
    if long:
        notes.append(
            f"legs of more than {_JOINTS} joints ({long}): the kind takes the last joint for the "
            "knee"
        )
    short = ", ".join(limb.name for limb in limbs if len(limb.joints) < _TRAINABLE)
    if short:
        notes.append(
            f"legs of less than {_TRAINABLE} joints ({short}): `tabrl-train-base` cannot teach "
            "them to walk"
        )
    return tuple(notes)
