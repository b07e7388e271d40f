"""From a folder with a model to a robot: read, survey, write, try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import mujoco
import numpy as np
from pydantic import ValidationError

from tabrl.control import rotation
from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import scene_model
from tabrl.embodiments.arm.names import can_pose
from tabrl.embodiments.lookup import camera_of, kind_module
from tabrl.robot_import.hold import SECONDS, Held, hold_home, microseconds
from tabrl.robot_import.limbs.found import FoundLimb, Survey
from tabrl.robot_import.limbs.legs import survey_legs
from tabrl.robot_import.limbs.plane import survey_plane
from tabrl.robot_import.limbs.stance import bend_legs
from tabrl.robot_import.limbs.tool import KIND as ARM
from tabrl.robot_import.limbs.tool import survey_tool
from tabrl.robot_import.model.files import find_model
from tabrl.robot_import.model.home import Home, home_of
from tabrl.robot_import.model.left_out import left_out
from tabrl.robot_import.model.linkage import Hinge, Linkage, linkage_of
from tabrl.robot_import.model.motors import drives_of
from tabrl.robot_import.model.source import Doubles, Source, read_source
from tabrl.robot_import.names import one_line
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.output.description import content, robot_name, sentence_notes
from tabrl.robot_import.output.manifest import manifest
from tabrl.robot_import.output.scene import Moves, Root, Site, comment, scene_of
from tabrl.robot_import.output.shapes import point_in_link, shapes_of
from tabrl.robot_import.quiet import quiet
from tabrl.robot_import.refusal import refusal
from tabrl.robot_import.report import ImportReport, JointReport, LimbReport
from tabrl.robot_import.step import step
from tabrl.robots import Robot
from tabrl.robots.kinds import kind_package
from tabrl.robots.registry import MANIFEST, VISUALS
from tabrl.robots.robot import parse_robot
from tabrl.visuals.picture.draw import draw_picture

if TYPE_CHECKING:  # needs trimesh, which may not be installed
    from tabrl.robot_import.output.meshes import Meshes

_UPRIGHT = 1.0 - 1e-6  # the first part of a quaternion that turns nothing
_OVER_ITS_BASE = 0.1  # of an arm's reach; nearer to it, a tool is neither ahead nor aside


@dataclass(frozen=True, eq=False)
class Imported:
    """A robot that is not written yet: its files by name, and what was found."""

    robot: Robot
    files: dict[str, bytes]
    report: ImportReport

    def picture(self) -> bytes:
        """A PNG of it for lists of robots, drawn from its files. Raises `Invalid`."""
        scene, meshes = self.files[self.robot.scene], self.files.get(VISUALS)
        with step("drawing its picture"):
            return draw_picture(scene, camera_of(self.robot), meshes)


@dataclass(frozen=True, eq=False)
class _Found:
    """Everything that is known before the scene exists."""

    source: Source
    home: Home
    survey: Survey
    linkage: Linkage
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Made:
    """The robot as everybody will see it; `embodiment` is None while there is no such kind."""

    data: dict[str, Any]
    robot: Robot
    model: mujoco.MjModel
    embodiment: Embodiment | None

    def failed(self, qpos: Doubles) -> bool:
        """Whether the kind calls a state failed."""
        return self.embodiment is not None and bool(self.embodiment.failed(qpos[None])[0])


def import_robot(options: ImportOptions) -> Imported:
    """A robot made of a model. Raises `Invalid` with one sentence that says what to do."""
    with quiet():
        return _imported(options)


def _imported(options: ImportOptions) -> Imported:
    found = _survey(options)
    robot_id, title = robot_name(options, found.source)
    with step("making its scene"):
        scene, notes = _scene(found, robot_id)
        made = _made(found, scene, content(found.survey, found.linkage, robot_id, title))
    with step("holding its home pose"):
        held = hold_home(made.model, made.failed, len(found.survey.limbs))
    if held.height > 0.0:
        survey = replace(found.survey, length=held.height)
        made = _made(found, scene, content(survey, found.linkage, robot_id, title))
    with step("writing robot.toml"):
        text = manifest(made.data, title, found.source.file.name)
        files = {MANIFEST: text.encode(), made.robot.scene: scene}
    with step("making its meshes"):
        meshes, without = _meshes(found)
    if meshes is not None:
        files[VISUALS] = meshes.glb
    notes = (*found.notes, *notes, *without, *sentence_notes(found.survey))
    return Imported(made.robot, files, _report(found, made, held, meshes, notes))


def _survey(options: ImportOptions) -> _Found:
    with step("reading the model"):
        source = read_source(find_model(options.place, options.model), floating=options.floating)
        home = home_of(source, options.home)
    with step("finding its limbs"):
        home, survey = _limbs(source, home, options)
    inertia, stiff = _inertia(source, home, survey.joints), options.full_torque_at
    with step("reading its actuators and joints"):
        drives = drives_of(source, survey.joints, inertia, stiff if options.servos else None)
        linkage = linkage_of(source, home, survey.joints, drives.servos)
    notes = (
        *source.notes,
        *home.notes,
        *survey.notes,
        *drives.notes,
        *left_out(source, survey.joints),
    )
    return _Found(source, home, survey, linkage, notes)


def _limbs(source: Source, home: Home, options: ImportOptions) -> tuple[Home, Survey]:
    """What the robot consists of, and its home: legs may be bent for it."""
    if source.floating:
        survey = survey_legs(source, home)
        if home.keyframe is None:
            home = bend_legs(source, home, survey)
            survey = survey_legs(source, home)
    elif source.plane is not None:
        survey = survey_plane(source, home)
    else:
        survey = survey_tool(source, home, options.tool)
    return home, survey


def _inertia(source: Source, home: Home, joints: Sequence[int]) -> list[float]:
    """What each joint moves at home, kg·m²."""
    data = mujoco.MjData(source.model)
    data.qpos[:] = home.qpos
    mujoco.mj_forward(source.model, data)
    full = np.zeros((source.model.nv, source.model.nv))
    mujoco.mj_fullM(source.model, data, full)
    return [float(full[dof, dof]) for dof in source.model.jnt_dofadr[list(joints)]]


def _scene(found: _Found, robot_id: str) -> tuple[bytes, tuple[str, ...]]:
    source, linkage = found.source, found.linkage
    shapes = shapes_of(source, linkage, found.survey, found.home)
    sites = {limb.effector: _site(found, limb) for limb in found.survey.limbs}
    root = _root(found)
    words = f"Made of {comment(source.file.name)} by `tabrl robots add`; robot.toml says the rest."
    try:
        return scene_of(robot_id, linkage, shapes, sites, root, words), shapes.notes
    except ValueError as error:
        raise refusal(
            f"what was made of {source.file.name} does not compile, mend it: "
            f"{' '.join(str(error).split())}"
        ) from None


def _site(found: _Found, limb: FoundLimb) -> Site:
    frames, at_home = found.linkage.frames, found.source.posed(found.home.qpos)
    link = frames.link_of[limb.body]
    position = point_in_link(found.source, found.linkage, at_home, link, limb.point)
    turn = np.array([1.0, 0.0, 0.0, 0.0])
    if limb.turn is not None:
        back = at_home.xquat[found.linkage.links[link].body] * np.array([1.0, -1.0, -1.0, -1.0])
        turn = rotation.multiply(back, limb.turn)
    return Site(link, position, turn)


def _root(found: _Found) -> Root:
    """Where the root is at home; a fixed one is at the origin, turned so that its tool is ahead."""
    if found.source.floating:
        return Root(found.home.qpos[:7], Moves.FREELY)
    if found.source.plane is not None:
        return Root(_in_plane(found.source, found.home), Moves.IN_A_PLANE)
    link, tool = found.linkage.links[0], found.survey.limbs[0].point
    away = tool[:2] - link.position[:2]
    azimuth = float(np.arctan2(away[1], away[0]))
    if np.linalg.norm(away) < _OVER_ITS_BASE * found.survey.length:
        azimuth = 0.0
    back = np.array([np.cos(azimuth / 2), 0.0, 0.0, -np.sin(azimuth / 2)])
    turned = rotation.multiply(back, link.quaternion)
    return Root(np.array([0.0, 0.0, link.position[2], *turned]), Moves.NOT_AT_ALL)


def _in_plane(source: Source, home: Home) -> Doubles:
    """The root's x, z and pitch at home."""
    plane = source.plane
    assert plane is not None
    at_home, upright = source.posed(home.qpos), source.posed(source.model.qpos0)
    if abs(upright.xquat[source.root][0]) < _UPRIGHT:
        raise refusal("the root body is turned: give it a frame with x ahead, y left and z up")
    pitch = plane.sign * home.qpos[source.address(plane.pitch)]
    return np.array([0.0, at_home.xpos[source.root][2], pitch])


def _made(found: _Found, scene: bytes, data: dict[str, Any]) -> _Made:
    try:
        robot = parse_robot(data, tuple(link.name for link in found.linkage.links))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise refusal(f"the robot cannot be described, {place}: {first['msg']}") from None
    model = scene_model(scene, robot)
    if kind_package(robot.embodiment) is None:
        return _Made(data, robot, model, None)
    embodiment: Embodiment = kind_module(robot, "embodiment").embodiment(robot, model)
    return _Made(data, robot, model, embodiment)


def _meshes(found: _Found) -> tuple[Meshes | None, tuple[str, ...]]:
    """What the page shows in the primitives' place; why not, where it cannot be made."""
    try:
        from tabrl.robot_import.output.meshes import meshes_of
    except ImportError as error:
        return None, (f"the page shows primitives: {error.name} is not installed",)
    return meshes_of(found.source, found.linkage, found.survey.length), ()


def _report(
    found: _Found, made: _Made, held: Held, meshes: Meshes | None, notes: tuple[str, ...]
) -> ImportReport:
    source, linkage, robot = found.source, found.linkage, made.robot
    names = {hinge.joint: hinge.name for hinge in linkage.hinges}
    return ImportReport(
        id=robot.id,
        source=str(source.file),
        others=[one_line(other) for other in source.others],
        kind=robot.embodiment,
        kind_exists=made.embodiment is not None,
        mass_kg=linkage.mass,
        length_m=robot.characteristic_length,
        limbs=[_limb(limb, names) for limb in found.survey.limbs],
        joints=[
            _joint(hinge, float(torque), float(sag))
            for hinge, torque, sag in zip(linkage.hinges, held.torque, held.sag, strict=True)
        ],
        held_joints=[source.name(joint) for joint in found.survey.held(source)],
        held_s=SECONDS,
        sank_m=held.sank,
        tilt_rad=held.tilt,
        balanced=held.balanced,
        cost_us=microseconds(made.model),
        mirrored=None if made.embodiment is None else made.embodiment.mirror is not None,
        without=list(robot.without),
        range_share=dict(robot.range_share),
        pretrainable=robot.embodiment != ARM or can_pose(robot),
        meshes=0 if meshes is None else meshes.count,
        notes=list(notes),
    )


def _limb(limb: FoundLimb, names: Mapping[int, str]) -> LimbReport:
    return LimbReport(
        name=limb.name,
        place=list(limb.place),
        joints=[names[joint] for joint in limb.joints],
        signs=[int(sign) for sign in limb.signs],
        end=limb.end,
    )


def _joint(hinge: Hinge, torque: float, sag: float) -> JointReport:
    return JointReport(
        name=hinge.name,
        home=hinge.home,
        range=hinge.range,
        stiffness=hinge.servo.stiffness,
        damping=hinge.servo.damping,
        torque_limit=hinge.servo.torque,
        torque=torque,
        sag=sag,
    )
