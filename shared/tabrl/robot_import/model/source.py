"""The user's model, compiled by MuJoCo: includes, defaults and meshes are resolved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from tabrl.domain.errors import Invalid
from tabrl.robot_import.model.files import ModelFile
from tabrl.robot_import.model.urdf import read_urdf
from tabrl.robot_import.quiet import quiet
from tabrl.robot_import.refusal import refusal

Doubles = NDArray[np.float64]
_TREES_SHOWN = 4
_PLANE_JOINTS, _ALONG = 3, 1.0 - 1e-6
_NAN = "{} has NaN where a number belongs: correct it"


@dataclass(frozen=True, eq=False)
class Source:
    """A compiled model of one robot.

    `root` is the body that floats or moves in a plane, or the one that everything hangs on; 0, the
    world itself, where the first joint's body has no other parent.
    """

    file: Path
    model: mujoco.MjModel
    root: int
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def floating(self) -> bool:
        """Whether the root has a free joint."""
        return bool(self.model.njnt) and is_free(self.model, 0)

    @property
    def plane(self) -> Plane | None:
        """The joints by which the root moves in a plane, where it does."""
        return plane_of(self.model)

    @property
    def bodies(self) -> list[int]:
        """The robot's bodies, in the model's order, the root first."""
        inside = {self.root}
        for body in range(1, self.model.nbody):
            if int(self.model.body_parentid[body]) in inside and body != self.root:
                inside.add(body)
        return sorted(inside)

    @property
    def joints(self) -> list[int]:
        """All joints but the root's, in the model's order."""
        own = self.plane.joints if self.plane else range(int(self.floating))
        return [joint for joint in range(self.model.njnt) if joint not in own]

    def name(self, joint: int) -> str:
        """A joint's name, or else where it is."""
        return str(self.model.joint(joint).name) or f"of the body {self.body_of(joint)}"

    def label(self, joint: int) -> str:
        """A joint's name, or else its body's."""
        return str(self.model.joint(joint).name) or self.body_of(joint)

    def body_of(self, joint: int) -> str:
        """The name of a joint's body."""
        body = int(self.model.jnt_bodyid[joint])
        return str(self.model.body(body).name) or f"number {body}"

    def address(self, joint: int) -> int:
        """A joint's place in qpos."""
        return int(self.model.jnt_qposadr[joint])

    def posed(self, qpos: Doubles) -> mujoco.MjData:
        """The model in a pose."""
        data = mujoco.MjData(self.model)
        data.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, data)
        return data


@dataclass(frozen=True)
class Plane:
    """The joints of a root that moves in the plane of x and z: slides along both, and a hinge;
    `sign` is -1 where the hinge turns the nose up."""

    ahead: int
    up: int
    pitch: int
    sign: float

    @property
    def joints(self) -> tuple[int, int, int]:
        """All three."""
        return self.ahead, self.up, self.pitch


def plane_of(model: mujoco.MjModel) -> Plane | None:
    """Of a model whose first body hangs on the world by two slides and a hinge; else None."""
    kinds = mujoco.mjtJoint
    if model.njnt < _PLANE_JOINTS or model.body_jntnum[model.jnt_bodyid[0]] != _PLANE_JOINTS:
        return None
    found: dict[tuple[int, int], int] = {}
    for joint in range(_PLANE_JOINTS):
        axis = np.abs(model.jnt_axis[joint])
        along = int(axis.argmax())
        if axis[along] < _ALONG or model.body_parentid[model.jnt_bodyid[joint]] != 0:
            return None
        found[int(model.jnt_type[joint]), along] = joint
    places = (kinds.mjJNT_SLIDE, 0), (kinds.mjJNT_SLIDE, 2), (kinds.mjJNT_HINGE, 1)
    if set(found) != {(int(kind), along) for kind, along in places}:
        return None
    ahead, up, pitch = (found[int(kind), along] for kind, along in places)
    if model.jnt_axis[ahead, 0] < 0.0 or model.jnt_axis[up, 2] < 0.0:
        return None
    return Plane(ahead, up, pitch, float(np.sign(model.jnt_axis[pitch, 1])))


def is_free(model: mujoco.MjModel, joint: int) -> bool:
    """Whether a joint is a free one."""
    return bool(model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_FREE)


def is_hinge(model: mujoco.MjModel, joint: int) -> bool:
    """Whether a joint is a hinge."""
    return bool(model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_HINGE)


def touches(model: mujoco.MjModel, geom: int) -> bool:
    """Whether a geom may touch anything."""
    return bool(model.geom_contype[geom] or model.geom_conaffinity[geom])


def read_source(file: ModelFile, *, floating: bool = False) -> Source:
    """Compile a model.

    Args:
        file: what was found.
        floating: give the root a free joint if it has none.

    Raises:
        Invalid: it does not compile, or holds other than one robot.
    """
    name = file.path.name
    with quiet() as warned:
        try:
            notes, model = _compiled(file, floating)
        except (ValueError, OSError, mujoco.FatalError) as error:
            reason = _words(str(error), name)
            raise refusal(_NAN.format(name) if _nan(warned) else reason) from None
    if model.njnt == 0:
        raise refusal(f"{name} has no joints: nothing of it could be moved, so name a "
                      "robot's model")  # fmt: skip
    _check_numbers(name, model, warned)
    notes = (*notes, *(f"MuJoCo warns: {words}" for words in dict.fromkeys(warned)))
    return Source(file.path, model, _root(model), file.others, notes)


def _compiled(file: ModelFile, floating: bool) -> tuple[tuple[str, ...], mujoco.MjModel]:
    """What to know of a model, and the model."""
    notes: tuple[str, ...] = ()
    if file.urdf:
        spec, notes = read_urdf(file.path)
    else:
        spec = mujoco.MjSpec.from_file(str(file.path))
    if floating:
        _set_free(spec)
    return notes, spec.compile()


def _check_numbers(name: str, model: mujoco.MjModel, warned: Sequence[str]) -> None:
    """Raises `Invalid` where something is no number; NaN may pass for what was not said."""
    places = {
        "as a body's place": (model.body_pos, model.body_quat),
        "as a mass": (model.body_mass, model.body_inertia, model.dof_armature),
        "in a joint": (model.qpos0, model.jnt_pos, model.jnt_axis, model.dof_damping),
        "as a joint's range": (model.jnt_range,),
        "in a geom": (model.geom_pos, model.geom_quat, model.geom_size),
        "in an actuator": (
            model.actuator_gainprm, model.actuator_biasprm, model.actuator_forcerange,
        ),
    }  # fmt: skip
    for words, arrays in places.items():
        if not all(np.isfinite(array).all() for array in arrays):
            raise refusal(f"{name} has no number (NaN or inf) {words}: correct it")
    if _nan(warned):
        raise refusal(_NAN.format(name))


def _nan(warned: Sequence[str]) -> bool:
    return any("NaN" in words for words in warned)


def _set_free(spec: mujoco.MjSpec) -> None:
    """A free joint for the root, which must be a body of its own."""
    bodies = [body for body in spec.worldbody.bodies if _moves(body)]
    if not bodies:
        return
    if len(bodies) != 1:
        raise no_root(len(bodies))
    if not any(joint.type == mujoco.mjtJoint.mjJNT_FREE for joint in bodies[0].joints):
        if bodies[0].joints:
            raise refusal(
                f"the body {bodies[0].name} turns on a joint of the world, so it cannot float: "
                "put it into a body of its own"
            )
        root = bodies[0]
        root.add_freejoint(name="root")
        for key in spec.keys:
            if len(key.qpos):
                key.qpos = [*root.pos, *root.quat, *key.qpos]


def no_root(chains: int) -> Invalid:
    """The refusal of a robot whose trunk has become part of the world."""
    return refusal(
        f"{chains} chains of joints hang on the world itself, so there is no body that could "
        'float: if this was a URDF, convert it again with <mujoco><compiler fusestatic="false"/>'
        "</mujoco> in it, or name the URDF"
    )


def _moves(body: mujoco.MjsBody) -> bool:
    return bool(body.find_all("joint"))


def _root(model: mujoco.MjModel) -> int:
    """The body on which all joints hang."""
    trees = sorted({_top(model, int(body)) for body in model.jnt_bodyid})
    free = [joint for joint in range(model.njnt) if is_free(model, joint)]
    if len(free) > 1 or (free and (len(trees) > 1 or free[0] != 0)):
        names = ", ".join(model.body(tree).name or "?" for tree in trees[:_TREES_SHOWN])
        raise refusal(
            f"the model holds more than one thing that moves ({names}): take out all but the robot"
        )
    in_plane = plane_of(model) is not None
    if len(trees) == 1 and (free or in_plane or model.body_jntnum[trees[0]] == 0):
        return trees[0]
    return 0


def _top(model: mujoco.MjModel, body: int) -> int:
    """The ancestor that hangs on the world."""
    while model.body_parentid[body] != 0:
        body = int(model.body_parentid[body])
    return body


def _words(error: str, name: str) -> str:
    """MuJoCo's error as a sentence."""
    missing = re.search(r"opening file '([^']*)'", error)
    if missing:
        return (
            f"the file {missing.group(1)} that {name} names is missing: put it there, or take out "
            "what names it"
        )
    lines = " ".join(line.strip() for line in error.splitlines() if line.strip())
    return f"MuJoCo cannot compile {name}, mend it: {lines.removeprefix('Error: ')}"
