"""The robot as rigid links on single hinges: what a limb does not move is one with its parent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from tabrl.control import rotation
from tabrl.robot_import.model.home import Home
from tabrl.robot_import.model.motors import Servo
from tabrl.robot_import.model.source import Doubles, Source
from tabrl.robot_import.names import distinct, identifier

_ROUNDING = 1e-5
_UNLIMITED = np.pi  # rad either way, of a hinge that turns for ever


@dataclass(frozen=True, eq=False)
class Mass:
    """kg; `centre [3]` in the link's frame, m; `inertia [3, 3]` about it, kg·m²."""

    mass: float
    centre: Doubles
    inertia: Doubles


@dataclass(frozen=True)
class Hinge:
    """A joint at its link's origin; SI units. `axis` in the link's frame."""

    name: str
    joint: int  # of the model
    axis: tuple[float, float, float]
    range: tuple[float, float]
    home: float
    damping: float
    armature: float
    stiffness: float
    rest: float  # angle of the spring, rad
    friction: float
    servo: Servo


@dataclass(frozen=True, eq=False)
class Link:
    """A rigid part: where it is in its parent's frame at angle zero, and what it weighs."""

    name: str
    body: int  # of the model
    parent: int | None  # place among the links; None: the world
    position: Doubles
    quaternion: Doubles
    mass: Mass
    gravity_compensation: float
    hinge: Hinge | None


@dataclass(frozen=True, eq=False)
class Frames:
    """Where each body of the model is in the frame of the link that it is part of.

    `link_of` by body; `origin` and `quaternion` of the links in the world, in a pose in which all
    hinges are at zero; `data` in that pose.
    """

    link_of: Mapping[int, int]
    origin: Doubles
    quaternion: Doubles
    data: mujoco.MjData

    def point(self, link: int, world: Doubles) -> Doubles:
        """A world point of that pose in a link's frame."""
        moved: Doubles = rotation.rotate_inverse(self.quaternion[link], world - self.origin[link])
        return moved

    def turn(self, link: int, world: Doubles) -> Doubles:
        """A world orientation of that pose in a link's frame, wxyz."""
        back = self.quaternion[link] * np.array([1.0, -1.0, -1.0, -1.0])
        turned: Doubles = rotation.multiply(back, world)
        return turned / np.linalg.norm(turned)


@dataclass(frozen=True, eq=False)
class Linkage:
    """All links, each after its parent, in the model's order."""

    links: tuple[Link, ...]
    frames: Frames

    @property
    def hinges(self) -> list[Hinge]:
        """The hinges in their order, which is that of actuators and actions."""
        return [link.hinge for link in self.links if link.hinge is not None]

    @property
    def mass(self) -> float:
        """Of the whole robot, kg."""
        return sum(link.mass.mass for link in self.links)


def linkage_of(
    source: Source, home: Home, joints: Sequence[int], servos: Sequence[Servo]
) -> Linkage:
    """The links between some of the joints; all other joints are held as they are at home."""
    frames = _frames(source, home, joints)
    bodies = [source.root, *(int(source.model.jnt_bodyid[joint]) for joint in joints)]
    names = distinct(_body_name(source, body) for body in bodies)
    given = distinct(identifier(source.label(joint), "joint") for joint in joints)
    links = []
    for place, body in enumerate(bodies):
        hinge = None
        if place > 0:
            joint, servo = joints[place - 1], servos[place - 1]
            hinge = _hinge(source, home, frames, place, joint, given[place - 1], servo)
        links.append(_link(source, frames, place, body, names[place], hinge))
    return Linkage(tuple(links), frames)


def _frames(source: Source, home: Home, joints: Sequence[int]) -> Frames:
    """All that moves at angle zero, a floating root at the origin, the rest as it is at home."""
    qpos = home.qpos.copy()
    for joint in joints:
        qpos[source.address(joint)] = 0.0
    if source.floating:
        qpos[:7] = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    if source.plane is not None:
        for joint in source.plane.joints:
            qpos[source.address(joint)] = 0.0
    data = source.posed(qpos)
    owners = {int(source.model.jnt_bodyid[joint]): i + 1 for i, joint in enumerate(joints)}
    link_of: dict[int, int] = {}
    for body in source.bodies:
        parent = int(source.model.body_parentid[body])
        link_of[body] = owners.get(body, link_of.get(parent, 0))
    bodies = [source.root, *(int(source.model.jnt_bodyid[joint]) for joint in joints)]
    origin = [data.xpos[source.root], *(data.xanchor[joint] for joint in joints)]
    return Frames(link_of, np.array(origin), data.xquat[bodies].copy(), data)


def _link(
    source: Source, frames: Frames, place: int, body: int, name: str, hinge: Hinge | None
) -> Link:
    own = [b for b, link in frames.link_of.items() if link == place]
    parent = None if place == 0 else frames.link_of[int(source.model.body_parentid[body])]
    position, quaternion = frames.origin[place], frames.quaternion[place]
    if parent is not None:
        position = frames.point(parent, position)
        quaternion = frames.turn(parent, quaternion)
    masses = source.model.body_mass[own]
    weight = float(masses.sum())
    compensated = float(masses @ source.model.body_gravcomp[own]) / weight if weight else 0.0
    mass = _mass(source, frames, place, own)
    return Link(name, body, parent, position, quaternion, mass, compensated, hinge)


def _mass(source: Source, frames: Frames, place: int, bodies: Sequence[int]) -> Mass:
    """Of several bodies that move as one, by the parallel axis theorem."""
    masses = source.model.body_mass[bodies]
    total = float(masses.sum())
    if total == 0.0:
        return Mass(0.0, np.zeros(3), np.zeros((3, 3)))
    middle = masses @ frames.data.xipos[bodies] / total
    tensor = np.zeros((3, 3))
    for body, mass in zip(bodies, masses, strict=True):
        turn = frames.data.ximat[body].reshape(3, 3)
        away = frames.data.xipos[body] - middle
        tensor += turn @ np.diag(source.model.body_inertia[body]) @ turn.T
        tensor += mass * (away @ away * np.eye(3) - np.outer(away, away))
    flat = np.zeros(9)
    mujoco.mju_quat2Mat(flat, frames.quaternion[place])
    axes = flat.reshape(3, 3)
    tensor = _possible(tensor)
    return Mass(total, frames.point(place, middle), axes.T @ tensor @ axes)


def _possible(tensor: Doubles) -> Doubles:
    """The tensor of a body that can be: no moment of a flat plate is above the others' sum, also
    after it was written with six digits."""
    moments, axes = np.linalg.eigh(tensor)
    moments[2] = min(moments[2], (1.0 - _ROUNDING) * (moments[0] + moments[1]))
    possible: Doubles = axes @ np.diag(moments) @ axes.T
    return possible


def _hinge(
    source: Source, home: Home, frames: Frames, place: int, joint: int, name: str, servo: Servo
) -> Hinge:
    model, dof = source.model, int(source.model.jnt_dofadr[joint])
    axis = rotation.rotate_inverse(frames.quaternion[place], frames.data.xaxis[joint])
    return Hinge(
        name=name,
        joint=joint,
        axis=tuple(axis.tolist()),
        range=hinge_range(source, home, joint, servo),
        home=float(home.qpos[source.address(joint)]),
        damping=float(model.dof_damping[dof]),
        armature=float(model.dof_armature[dof]),
        stiffness=float(model.jnt_stiffness[joint]),
        rest=float(model.qpos_spring[source.address(joint)]),
        friction=float(model.dof_frictionloss[dof]),
        servo=servo,
    )


def hinge_range(source: Source, home: Home, joint: int, servo: Servo) -> tuple[float, float]:
    """What a joint's range and its servo's targets have in common, rad."""
    angle, model = float(home.qpos[source.address(joint)]), source.model
    limited = bool(model.jnt_limited[joint])
    low, high = angle - _UNLIMITED, angle + _UNLIMITED
    if limited:
        low, high = (float(limit) for limit in model.jnt_range[joint])
    if servo.targets is not None and servo.targets[0] <= angle <= servo.targets[1]:
        within = (max(low, servo.targets[0]), min(high, servo.targets[1]))
        if not limited:
            return servo.targets
        if within[0] < within[1]:
            return within
    return low, high


def _body_name(source: Source, body: int) -> str:
    if body == 0:
        return "base"
    return identifier(str(source.model.body(body).name) or f"body_{body}", "body")
