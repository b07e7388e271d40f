"""The robot's scene: one file with its links on a floor, as every simulator compiles it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import mujoco
import numpy as np

from tabrl.robot_import.model.linkage import Hinge, Link, Linkage
from tabrl.robot_import.model.source import Doubles
from tabrl.robot_import.names import distinct, one_line
from tabrl.robot_import.output.shapes import Shape, Shapes

_FLOOR_RGBA = (0.32, 0.35, 0.4, 1.0)
_FRICTION = (0.8, 0.02, 0.01)
_COLLISIONS, _LOOKS, _SITES = 3, 2, 4  # groups
_TIMESTEP = 0.01
_DIGITS = 6
_IN_PLANE = ("root_x", "root_z", "root_pitch")  # joints of a root that moves in a plane


class Moves(Enum):
    """How a root moves."""

    FREELY = "freely"
    IN_A_PLANE = "in a plane"
    NOT_AT_ALL = "not at all"


@dataclass(frozen=True, eq=False)
class Root:
    """Where the root is at home: place and orientation `[7]`; in a plane x, z and pitch `[3]`."""

    pose: Doubles
    moves: Moves


@dataclass(frozen=True, eq=False)
class Site:
    """A point of a link, in its frame."""

    link: int
    position: Doubles
    turn: Doubles


def scene_of(
    name: str,
    linkage: Linkage,
    shapes: Shapes,
    sites: Mapping[str, Site],
    root: Root,
    words: str,
) -> bytes:
    """The MJCF of a robot.

    Args:
        name: of the robot.
        linkage: its links.
        shapes: of each link.
        sites: end effectors by name.
        root: where the root is at home.
        words: a comment.
    """
    spec = mujoco.MjSpec()
    spec.modelname, spec.comment = name, words
    spec.compiler.degree = False
    spec.compiler.autolimits = True
    spec.option.timestep = _TIMESTEP
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    _stage(spec)
    bodies: list[mujoco.MjsBody] = []
    own = distinct([*(hinge.name for hinge in linkage.hinges), "root", *_IN_PLANE])
    names = own[-1 - len(_IN_PLANE) :]
    for place, link in enumerate(linkage.links):
        parent = spec.worldbody if link.parent is None else bodies[link.parent]
        bodies.append(_body(parent, link))
        if place == 0:
            _place_root(bodies[0], root, names)
        _shapes(bodies[-1], link.name, shapes.touching[place], shapes.visible[place])
    for name, site in sites.items():
        bodies[site.link].add_site(
            name=name, pos=_round(site.position), quat=_unit(site.turn), group=_SITES
        )
    for hinge in linkage.hinges:
        _actuator(spec, hinge)
    home = [hinge.home for hinge in linkage.hinges]
    qpos = [*(() if root.moves is Moves.NOT_AT_ALL else root.pose), *home]
    spec.add_key(name="home", qpos=_round(qpos), ctrl=_round(home))
    spec.compile()
    return _plain(spec.to_xml(), linkage.hinges, {"qpos": qpos, "ctrl": home})


def comment(words: str) -> str:
    """Words as a comment of XML can hold them: without two hyphens in a row."""
    return re.sub("-{2,}", "-", one_line(words))


def _stage(spec: mujoco.MjSpec) -> None:
    world = spec.worldbody
    world.add_light(
        name="sun", pos=[0, 0, 4], dir=[0.2, 0.3, -1], type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
    )
    world.add_geom(
        name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.05], contype=1,
        conaffinity=0, friction=_FRICTION, rgba=_FLOOR_RGBA,
    )  # fmt: skip


def _place_root(body: mujoco.MjsBody, root: Root, names: Sequence[str]) -> None:
    """The root with its joints: a free one, or those that keep it in a plane."""
    free, *in_plane = names
    if root.moves is Moves.IN_A_PLANE:
        body.pos, body.quat = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
        slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
        kinds = ((slide, (1, 0, 0)), (slide, (0, 0, 1)), (hinge, (0, 1, 0)))
        for name, (kind, axis) in zip(in_plane, kinds, strict=True):
            body.add_joint(name=name, type=kind, axis=axis)
        return
    body.pos, body.quat = _round(root.pose[:3]), _unit(root.pose[3:])
    if root.moves is Moves.FREELY:
        body.add_freejoint(name=free)


def _body(parent: mujoco.MjsBody, link: Link) -> mujoco.MjsBody:
    body = parent.add_body(name=link.name, pos=_round(link.position), quat=_unit(link.quaternion))
    body.gravcomp = link.gravity_compensation
    if link.mass.mass > 0.0:
        tensor = link.mass.inertia
        body.explicitinertial = True
        body.mass, body.ipos = link.mass.mass, _round(link.mass.centre)
        body.fullinertia = [
            tensor[0, 0], tensor[1, 1], tensor[2, 2], tensor[0, 1], tensor[0, 2], tensor[1, 2],
        ]  # fmt: skip
    if link.hinge is not None:
        hinge = link.hinge
        body.add_joint(
            name=hinge.name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=_unit(hinge.axis),
            range=_round(hinge.range), damping=hinge.damping, armature=hinge.armature,
            stiffness=hinge.stiffness, springref=hinge.rest if hinge.stiffness else 0.0,
        )  # fmt: skip
    return body


def _shapes(
    body: mujoco.MjsBody, name: str, touching: Sequence[Shape], visible: Sequence[Shape]
) -> None:
    """Shapes that touch the floor and nothing else, and those that are only seen."""
    for number, shape in enumerate(touching, start=1):
        body.add_geom(
            name=f"{name}_{number}", contype=0, conaffinity=1, group=_COLLISIONS,
            friction=_round(shape.friction), priority=shape.priority, **_placed(shape),
        )  # fmt: skip
    for shape in visible:
        body.add_geom(
            contype=0, conaffinity=0, group=_LOOKS, mass=0, rgba=shape.rgba, **_placed(shape)
        )


def _placed(shape: Shape) -> dict[str, object]:
    return {
        "type": mujoco.mjtGeom(shape.kind),
        "size": _round(shape.size),
        "pos": _round(shape.position),
        "quat": _unit(shape.quaternion),
    }


def _actuator(spec: mujoco.MjSpec, hinge: Hinge) -> None:
    actuator = spec.add_actuator(
        name=hinge.name, target=hinge.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
    )
    actuator.set_to_position(kp=hinge.servo.stiffness, kv=hinge.servo.damping)
    actuator.ctrlrange = _round(hinge.range)


def _plain(text: str, hinges: Sequence[Hinge], home: Mapping[str, Sequence[float]]) -> bytes:
    """The XML with position actuators, which MuJoCo writes as general ones, and with all of the
    home keyframe, of which it leaves out what is zero."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    root = ET.fromstring(text, parser)
    actuators = root.find("actuator")
    assert actuators is not None
    actuators.clear()
    for hinge in hinges:
        servo = hinge.servo
        attributes = {
            "name": hinge.name,
            "joint": hinge.name,
            "kp": _number(servo.stiffness),
            "kv": _number(servo.damping),
            "ctrlrange": " ".join(map(_number, hinge.range)),
        }
        if servo.torque is not None:
            attributes["forcerange"] = f"-{_number(servo.torque)} {_number(servo.torque)}"
        ET.SubElement(actuators, "position", attributes)
    for key in root.iter("key"):
        for name, values in home.items():
            key.set(name, " ".join(map(_number, _round(values))))
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8")
    return made + b"\n"


def _round(values: Sequence[float] | Doubles) -> list[float]:
    rounded: list[float] = (np.round(np.asarray(values, np.float64), _DIGITS) + 0.0).tolist()
    return rounded


def _unit(values: Sequence[float] | Doubles) -> list[float]:
    """A quaternion or axis, with rounding noise taken out and its length one again."""
    array = np.round(np.asarray(values, np.float64), 9) + 0.0
    made: list[float] = (array / np.linalg.norm(array)).tolist()
    return made


def _number(value: float) -> str:
    return f"{value:.6g}"
