"""Limbs of a robot that moves in a plane: every chain of hinges to a part that carries no other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tabrl.robot_import.limbs.feet import foot_of
from tabrl.robot_import.limbs.found import FoundLimb, Survey, hinges_only, way_to
from tabrl.robot_import.limbs.legs import names_of, places_of
from tabrl.robot_import.model.extent import solid
from tabrl.robot_import.model.home import Home
from tabrl.robot_import.model.source import Source
from tabrl.robot_import.refusal import refusal

KIND = "planar"
_WITHIN = 1e-3  # how far out of the plane an axis may point


def survey_plane(source: Source, home: Home) -> Survey:
    """The limbs, from front to rear; joints that several of them share belong to each.

    Raises `Invalid` if there are none, or one that does not turn within the plane.
    """
    data, plane = source.posed(home.qpos), source.plane
    assert plane is not None
    own = set(source.joints)
    geoms: dict[int, list[int]] = {}
    for geom in solid(source):
        geoms.setdefault(int(source.model.geom_bodyid[geom]), []).append(geom)
    ways = {body: tuple(j for j in way_to(source, body) if j in own) for body in geoms}
    ends = [body for body, way in ways.items() if way and not _goes_on(way, ways.values())]
    if not ends:
        raise refusal("no joints hang on the trunk: nothing of it could be moved")
    feet = {body: foot_of(source.model, data, geoms[body]) for body in ends}
    for body in ends:
        hinges_only(source, ways[body])
        _in_plane(source, ways[body])
    ends.sort(key=lambda body: (-feet[body].point[0], feet[body].point[1]))
    points = [feet[body].point[:2] for body in ends]
    places = places_of(points) if len(ends) > 1 else [()]
    names = names_of(source, [ways[body] for body in ends], places)
    limbs = tuple(
        FoundLimb(
            name=name,
            place=place,
            joints=ways[body],
            signs=tuple(float(np.sign(data.xaxis[joint][1])) for joint in ways[body]),
            body=body,
            point=feet[body].point,
            radius=feet[body].radius,
            end=feet[body].words,
            effector=name,
        )
        for body, name, place in zip(ends, names, places, strict=True)
    )
    height = float(data.xpos[source.root][2])
    return Survey(KIND, limbs, height, feet=frozenset(g for body in ends for g in geoms[body]))


def _goes_on(way: tuple[int, ...], others: Iterable[tuple[int, ...]]) -> bool:
    """Whether a chain is the beginning of a longer one."""
    return any(len(other) > len(way) and other[: len(way)] == way for other in others)


def _in_plane(source: Source, joints: tuple[int, ...]) -> None:
    data = source.posed(source.model.qpos0)
    for joint in joints:
        if abs(abs(data.xaxis[joint][1]) - 1.0) > _WITHIN:
            raise refusal(
                f"the joint {source.name(joint)} turns out of the plane in which the root moves: "
                "take it out, or give the root a <freejoint/>"
            )
