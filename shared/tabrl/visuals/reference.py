"""A model that others published of a robot, compiled: where its meshes are and what they look like.

MuJoCo compiles both kinds, MJCF and URDF; each has a module that says how. What follows is the
same for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from tabrl.domain.errors import Invalid
from tabrl.visuals.glb import Placement

_NEAR = 0.005  # m: published link offsets differ by roundings
_VISIBLE_GROUPS = 2

Vectors = NDArray[np.float64]
Faces = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shape:
    """A mesh: `vertices [V, 3]` m, `faces [F, 3]`, of a texture the `colours [F, 3]` in sRGB."""

    vertices: Vectors
    faces: Faces
    colours: Vectors | None = None


@dataclass(frozen=True, eq=False)
class Reference:
    """A compiled reference, with the `colours [F, 3]` of those meshes that have a texture."""

    model: mujoco.MjModel
    colours: Mapping[str, Vectors] = field(default_factory=dict)

    def shape(self, mesh: str) -> Shape:
        """A mesh by name."""
        found = self.model.mesh(mesh)
        vertex, face = int(found.vertadr[0]), int(found.faceadr[0])
        return Shape(
            self.model.mesh_vert[vertex : vertex + int(found.vertnum[0])].astype(np.float64),
            self.model.mesh_face[face : face + int(found.facenum[0])].astype(np.int64),
            self.colours.get(mesh),
        )

    def placements(self, ours: mujoco.MjModel, bodies: Mapping[str, str]) -> list[Placement]:
        """Every mesh that can be seen, in the frames of our bodies.

        The compiler moves a mesh to its centre of mass and principal axes and corrects the geom, so
        both must be taken from the compiled model.

        Args:
            ours: The scene whose bodies are meant.
            bodies: Our names of bodies that the reference calls otherwise.

        Raises:
            Invalid: A body is not ours (code `other_bodies`), or lies elsewhere (`other_frames`).
        """
        geoms = list(self._meshes())
        body_of = {
            geom: bodies.get(name, name)
            for geom in geoms
            for name in [self.model.body(self.model.geom_bodyid[geom]).name]
        }
        unknown = set(body_of.values()) - {ours.body(i).name for i in range(ours.nbody)}
        if unknown:
            raise Invalid(f"the reference has other bodies: {sorted(unknown)}", code="other_bodies")
        floating = bool(ours.njnt) and ours.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
        mine, theirs = (_at_zero(model, floating=floating) for model in (ours, self.model))
        return [self._placement(geom, body, mine, theirs) for geom, body in body_of.items()]

    def _meshes(self) -> Iterator[int]:
        for geom in range(self.model.ngeom):
            mesh = self.model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH
            if mesh and self.model.geom_group[geom] <= _VISIBLE_GROUPS:
                yield geom

    def _placement(
        self, geom: int, body: str, mine: mujoco.MjData, theirs: mujoco.MjData
    ) -> Placement:
        """A body's origin is its joint's in both models, but its axes may be others."""
        own, reference = mine.body(body), theirs.body(self.model.geom_bodyid[geom])
        if np.linalg.norm(own.xpos - reference.xpos) > _NEAR:
            raise Invalid(f"{body} is elsewhere in the reference", code="other_frames")
        back, turn, position, quaternion = np.zeros(4), np.zeros(4), np.zeros(3), np.zeros(4)
        mujoco.mju_negQuat(back, own.xquat)
        mujoco.mju_mulQuat(turn, back, reference.xquat)
        mujoco.mju_rotVecQuat(position, self.model.geom_pos[geom], turn)
        mujoco.mju_mulQuat(quaternion, turn, self.model.geom_quat[geom])
        mesh = self.model.mesh(self.model.geom_dataid[geom]).name
        return Placement(body, mesh, position, quaternion)


def _at_zero(model: mujoco.MjModel, *, floating: bool) -> mujoco.MjData:
    """All joints at zero, the root at the origin whichever way a fixed one is mounted."""
    data = mujoco.MjData(model)
    if not floating:
        model.body_pos[1], model.body_quat[1] = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
    data.qpos[:] = 0.0
    for joint in range(model.njnt):
        if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_FREE:
            data.qpos[model.jnt_qposadr[joint] + 3] = 1.0
    mujoco.mj_kinematics(model, data)
    return data
