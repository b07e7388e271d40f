"""What of a robot touches and what is seen of it, as primitives in the frames of its links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import mujoco
import numpy as np

from tabrl.control import rotation
from tabrl.robot_import.limbs.feet import mesh_foot
from tabrl.robot_import.limbs.found import FoundLimb, Survey
from tabrl.robot_import.model.extent import reach_of, solid, vertices
from tabrl.robot_import.model.home import Home
from tabrl.robot_import.model.linkage import Frames, Linkage
from tabrl.robot_import.model.source import Doubles, Source, touches
from tabrl.robot_import.output.texture import face_colours

_GEOM = mujoco.mjtGeom
LAST_VISIBLE_GROUP = 2  # of MuJoCo's geom groups, as the page has them
_LEAST_LENGTH = 0.002  # m, of a capsule's middle; shorter ones are spheres
_UNSEEN = 0.04  # of the largest box by volume: smaller meshes are left out of the primitives
_DEFAULT_RGBA = (0.5, 0.5, 0.5, 1.0)
_AXES = np.eye(3)


@dataclass(frozen=True, eq=False)
class Shape:
    """A primitive in its link's frame, sizes as MuJoCo has them, m."""

    kind: int
    size: Doubles
    position: Doubles
    quaternion: Doubles
    rgba: tuple[float, ...]
    friction: tuple[float, ...] = (1.0, 0.005, 0.0001)
    priority: int = 0


@dataclass(frozen=True, eq=False)
class Shapes:
    """Shapes of each link: those that touch the floor, and those that are seen."""

    touching: tuple[tuple[Shape, ...], ...]
    visible: tuple[tuple[Shape, ...], ...]
    notes: tuple[str, ...] = ()


def shapes_of(source: Source, linkage: Linkage, survey: Survey, home: Home) -> Shapes:
    """Simple shapes for every link.

    Of the root, boxes along its axes and spheres; elsewhere spheres and capsules; feet as they are.
    """
    at_home = source.posed(home.qpos)
    feet = {limb.body: limb for limb in survey.limbs}
    touching: list[list[Shape]] = [[] for _ in linkage.links]
    counted: Counter[str] = Counter()
    for geom in solid(source):
        body = int(source.model.geom_bodyid[geom])
        link = linkage.frames.link_of[body]
        shape = _primitive(source.model, linkage.frames, link, geom)
        if geom in survey.feet:
            made = _foot(source, linkage, at_home, geom, shape, feet.get(body))
        elif link == 0 and source.floating:
            made = [boxed(shape)]
        elif geom_is_mesh(source, geom) and _has_foot(source, survey, linkage, link):
            made = []  # its foot and what leads there are enough
        else:
            made = [rounded(shape)]
        counted.update(_changed(source, geom, shape, made))
        touching[link] += made
    visible = tuple(_visible(source, linkage, link) for link in range(len(linkage.links)))
    if source.floating and not touching[0]:
        touching[0] = [boxed(shape) for shape in visible[0]]
        counted["trunk’s looks → box"] += len(touching[0])
    words = [f"{n} {what}" for what, n in counted.items()]
    notes = (f"what touches is made simpler: {', '.join(words)}",) if words else ()
    return Shapes(tuple(map(tuple, touching)), visible, notes)


def geom_is_mesh(source: Source, geom: int) -> bool:
    """Whether a geom is a mesh."""
    return bool(source.model.geom_type[geom] == _GEOM.mjGEOM_MESH)


def boxed(shape: Shape) -> Shape:
    """A sphere as it is; of anything else the box around it, along the axes of its link."""
    if shape.kind == _GEOM.mjGEOM_SPHERE:
        return shape
    half = np.array(
        [
            reach_of(shape.kind, shape.size, rotation.rotate_inverse(shape.quaternion, axis))
            for axis in _AXES
        ]
    )
    return replace(shape, kind=_GEOM.mjGEOM_BOX, size=half, quaternion=np.array([1.0, 0, 0, 0]))


def rounded(shape: Shape) -> Shape:
    """A sphere or a capsule about as large."""
    if shape.kind in (_GEOM.mjGEOM_SPHERE, _GEOM.mjGEOM_CAPSULE):
        return shape
    if shape.kind == _GEOM.mjGEOM_CYLINDER:
        radius, half, along = float(shape.size[0]), float(shape.size[1]), 2
    else:
        along = int(np.argmax(shape.size))
        aside = np.delete(shape.size, along)
        radius, half = float(aside.max()), float(shape.size[along])
    middle = half - radius
    if middle < _LEAST_LENGTH:
        return replace(shape, kind=_GEOM.mjGEOM_SPHERE, size=np.array([radius, 0.0, 0.0]))
    turn = np.zeros(4)
    mujoco.mju_quatZ2Vec(turn, _AXES[along].copy())
    return replace(
        shape,
        kind=_GEOM.mjGEOM_CAPSULE,
        size=np.array([radius, middle, 0.0]),
        quaternion=rotation.multiply(shape.quaternion, turn),
    )


def _primitive(model: mujoco.MjModel, frames: Frames, link: int, geom: int) -> Shape:
    """A geom in its link's frame; a mesh as the box around its vertices."""
    turn = np.zeros(4)
    mujoco.mju_mat2Quat(turn, frames.data.geom_xmat[geom])
    kind, size, middle = int(model.geom_type[geom]), model.geom_size[geom].copy(), np.zeros(3)
    if kind == _GEOM.mjGEOM_MESH:
        points = vertices(model, geom)
        low, high = points.min(0), points.max(0)
        kind, size, middle = int(_GEOM.mjGEOM_BOX), (high - low) / 2, (high + low) / 2
    size = np.maximum(size, np.where(size > 0.0, 1e-4, 0.0))
    return Shape(
        kind,
        size,
        frames.point(link, frames.data.geom_xpos[geom] + rotation.rotate(turn, middle)),
        frames.turn(link, turn),
        _mean_colour(model, geom),
        tuple(model.geom_friction[geom].tolist()),
        int(model.geom_priority[geom]),
    )


def _foot(
    source: Source,
    linkage: Linkage,
    at_home: mujoco.MjData,
    geom: int,
    shape: Shape,
    limb: FoundLimb | None,
) -> list[Shape]:
    """A foot as it is; of a mesh the sphere on which it stands, and the way there."""
    if not geom_is_mesh(source, geom):
        return [shape]
    world, radius = mesh_foot(source.model, at_home, geom)
    body = int(source.model.geom_bodyid[geom])
    link = linkage.frames.link_of[body]
    middle = point_in_link(source, linkage, at_home, link, world)
    sphere = replace(
        shape,
        kind=_GEOM.mjGEOM_SPHERE,
        size=np.array([radius, 0.0, 0.0]),
        position=middle,
        quaternion=np.array([1.0, 0, 0, 0]),
    )
    half = float(np.linalg.norm(middle)) / 2
    if limb is None or half < 2.0 * radius:
        return [sphere]
    turn = np.zeros(4)
    mujoco.mju_quatZ2Vec(turn, middle / (2 * half))
    bar = replace(
        sphere,
        kind=_GEOM.mjGEOM_CAPSULE,
        size=np.array([0.6 * radius, half - radius, 0.0]),
        position=middle / 2,
        quaternion=turn,
    )
    return [bar, sphere]


def point_in_link(
    source: Source, linkage: Linkage, at_home: mujoco.MjData, link: int, world: Doubles
) -> Doubles:
    """A world point of the home pose in a link's frame."""
    body, hinge = linkage.links[link].body, linkage.links[link].hinge
    origin = at_home.xpos[body] if hinge is None else at_home.xanchor[hinge.joint]
    moved: Doubles = rotation.rotate_inverse(at_home.xquat[body], world - origin)
    return moved


def _has_foot(source: Source, survey: Survey, linkage: Linkage, link: int) -> bool:
    return any(
        linkage.frames.link_of[int(source.model.geom_bodyid[g])] == link for g in survey.feet
    )


def _changed(source: Source, geom: int, shape: Shape, made: list[Shape]) -> list[str]:
    """What became of a geom, in words, if it is no longer what it was."""
    before = _GEOM(int(source.model.geom_type[geom])).name.removeprefix("mjGEOM_").lower()
    after = [_GEOM(one.kind).name.removeprefix("mjGEOM_").lower() for one in made]
    if after == [before] and np.isclose(np.prod(made[0].size), np.prod(shape.size)):
        return []
    return [f"{before} → {' and '.join(after) or 'nothing'}"]


def _visible(source: Source, linkage: Linkage, link: int) -> tuple[Shape, ...]:
    """What is seen of a link: its primitives, and boxes for its larger meshes."""
    geoms = list(visible_geoms(source, linkage, link))
    shapes = {geom: _primitive(source.model, linkage.frames, link, geom) for geom in geoms}
    volume = {g: float(np.prod(2 * shapes[g].size)) for g in geoms if geom_is_mesh(source, g)}
    largest = max(volume.values(), default=0.0)
    return tuple(
        shape for geom, shape in shapes.items() if volume.get(geom, largest) >= _UNSEEN * largest
    )


def visible_geoms(source: Source, linkage: Linkage, link: int) -> Iterator[int]:
    """The geoms by which a link is seen: those of the first groups, else all of them."""
    model = source.model
    own = [
        geom
        for geom in range(model.ngeom)
        if linkage.frames.link_of.get(int(model.geom_bodyid[geom])) == link
        and int(model.geom_type[geom]) not in (_GEOM.mjGEOM_PLANE, _GEOM.mjGEOM_HFIELD)
    ]
    shown = [g for g in own if model.geom_group[g] <= LAST_VISIBLE_GROUP and model.geom_rgba[g, 3]]
    only_looks = [geom for geom in shown if not touches(model, geom)]
    yield from only_looks or shown or own


def _mean_colour(model: mujoco.MjModel, geom: int) -> tuple[float, ...]:
    """A geom's colour; of a texture on a mesh, what it is on average."""
    if model.geom_type[geom] == _GEOM.mjGEOM_MESH:
        colours = face_colours(model, geom)
        if colours is not None:
            return (*(round(float(value), 3) for value in colours.mean(axis=0)), 1.0)
    return colour_of(model, geom)


def colour_of(model: mujoco.MjModel, geom: int) -> tuple[float, ...]:
    """A geom's own colour, else its material's."""
    rgba = model.geom_rgba[geom]
    if model.geom_matid[geom] >= 0 and np.allclose(rgba, _DEFAULT_RGBA):
        rgba = model.mat_rgba[model.geom_matid[geom]]
    return tuple(round(float(value), 3) for value in (*rgba[:3], 1.0))
