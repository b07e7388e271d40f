"""What a rollout of a legged robot holds: derived from raw steps, in numpy and JAX alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from tabrl.control import rotation
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.embodiment import Shapes, action_fields, after_reset, looking_back
from tabrl.control.rollout import CONTACT_MARGIN, CONTROL_DT, Fields, RawSteps
from tabrl.control.segments import Segments
from tabrl.embodiments.legged.grounds.surface import surface_of
from tabrl.embodiments.legged.scale import Scale
from tabrl.embodiments.legged.trunk import Trunk, overturned
from tabrl.robots import Robot

FILTER_TIME_S = 0.2  # time constant of `base_linear_velocity_filtered`
KNEE_RADIUS = 0.025  # m, of a knee that touches the floor; of the reference robot (see `scale`)
COLLISION_M = 0.04  # feet, or a foot and another leg's knee, that are closer touch; likewise
LOOKED_BACK = (
    "action", "base_position", "base_quaternion", "base_linear_velocity", "joint_velocity",
    "foot_position", "foot_contact",
)  # fmt: skip


def schema(robot: Robot, channels: int) -> Shapes:
    """Fields of a rollout and their shape in one step of one robot; all float32, SI units.

    World frame: z up, heading 0 at the reset; of positions z is the height above the ground below
    them. Body frame: x forward, y left. Contacts, touchdowns, lift-offs and `fallen` are 0 or 1.
    `heading` counts on over full turns.
    """
    nj, nf, nb = robot.nu, len(robot.limbs), len(robot.body_names)
    return {
        "time": (),
        "base_position": (3,),
        "initial_position": (3,),
        "base_quaternion": (4,),
        "heading": (),
        "base_linear_velocity": (3,),
        "base_linear_velocity_filtered": (3,),
        "base_angular_velocity": (3,),
        "base_acceleration": (3,),
        "gravity": (3,),
        "joint_position": (nj,),
        "joint_velocity": (nj,),
        "joint_acceleration": (nj,),
        "joint_torque": (nj,),
        "action": (nj,),
        "previous_action": (nj,),
        "previous_previous_action": (nj,),
        "foot_position": (nf, 3),
        "foot_velocity": (nf, 3),
        "foot_force": (nf, 3),
        "foot_contact": (nf,),
        "foot_touchdown": (nf,),
        "foot_liftoff": (nf,),
        "foot_air_time": (nf,),
        "foot_contact_time": (nf,),
        "foot_last_air_time": (nf,),
        "foot_peak_height": (nf,),
        "body_position": (nb, 3),
        "body_contact": (nb,),
        "self_collision": (),
        "command": (channels,),
        "gait_phase": (nf,),
        "fallen": (),
    }


def empty_carry(robot: Robot, size: int) -> dict[str, Floats]:
    """What is remembered of robots that were just reset, `[B, …]` each."""
    nj, nf = robot.nu, len(robot.limbs)
    widths = {
        "previous_action": nj,
        "previous_previous_action": nj,
        "previous_velocity": 3,  # body frame
        "filtered_velocity": 3,
        "previous_joint_velocity": nj,
        "initial_position": 3,
        "heading": 1,
        "contact": nf,
        "air_time": nf,
        "contact_time": nf,
        "last_air_time": nf,
        "peak_height": nf,
    }
    return {name: np.zeros((size, width), np.float32) for name, width in widths.items()}


@dataclass(frozen=True)
class Leg:
    """A leg's joints among the robot's, and the places of the bodies that these turn."""

    joints: tuple[int, ...]
    bodies: tuple[int, ...]

    @property
    def shank(self) -> int:
        """The last body, which carries the foot; its origin is the knee."""
        return self.bodies[-1]


def legs_of(robot: Robot, model: mujoco.MjModel) -> tuple[Leg, ...]:
    """The legs in the robot's canonical order."""
    return tuple(
        Leg(
            joints=tuple(robot.joint_names.index(name) for name in limb.joints),
            bodies=tuple(int(model.joint(name).bodyid[0]) - 1 for name in limb.joints),
        )
        for limb in robot.limbs
    )


@dataclass(frozen=True)
class LegPoint:
    """A point of a leg that may touch the floor, with a radius in m.

    It lies on the way from its body's origin (share 0) to that of the next body of the leg (1).
    """

    body: int
    following: int
    share: float
    radius: float


def leg_points(legs: tuple[Leg, ...], model: mujoco.MjModel) -> tuple[LegPoint, ...]:
    """The ends of all shapes of hips and thighs that may touch the floor."""
    found = []
    for leg in legs:
        for body, following in pairwise(leg.bodies):
            way = model.body_pos[following + 1]
            for end, radius in _ends(model, body + 1):
                share = float(end @ way / max(way @ way, 1e-12))
                found.append(LegPoint(body, following, min(max(share, 0.0), 1.0), radius))
    return tuple(found)


def _ends(model: mujoco.MjModel, body: int) -> Iterator[tuple[np.ndarray, float]]:
    """Middles of the rounded ends of a body's touching shapes, in its frame, and their radii."""
    first = int(model.body_geomadr[body])
    for geom in range(first, first + int(model.body_geomnum[body])):
        if model.geom_conaffinity[geom] == 0:
            continue
        middle, size = model.geom_pos[geom].copy(), model.geom_size[geom]
        along = np.zeros(3)
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE:
            mujoco.mju_rotVecQuat(along, np.array([0.0, 0.0, size[1]]), model.geom_quat[geom])
        yield middle + along, float(size[0])
        yield middle - along, float(size[0])


class RolloutFields:
    """Derives the rollout's fields of one robot from raw steps."""

    def __init__(
        self, robot: Robot, model: mujoco.MjModel, trunk: Trunk, recorded: Segments
    ) -> None:
        self._robot, self._trunk, self._surface = robot, trunk, surface_of(robot)
        length = Scale.of(robot).length
        self._knee_radius, self._collision = KNEE_RADIUS * length, COLLISION_M * length
        self._legs = legs_of(robot, model)
        self._points = leg_points(self._legs, model)
        self._shanks = np.array([leg.shank for leg in self._legs])
        self._root = int(model.jnt_bodyid[0]) - 1
        self._command, self._gait_phase = recorded["command"], recorded["gait_phase"]

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        """The fields that depend on their own step alone; a pure function, for JAX as well."""
        quaternion = raw.qpos[..., 3:7]
        up = rotation.up_in_body(quaternion, xp)
        linear = rotation.rotate_inverse(quaternion, raw.qvel[..., 0:3], xp)
        over, distance = self._surface.over, self._surface.distance
        clearance = distance(raw.end_position, xp) - self._robot.end_effector_radius
        contact = (clearance < CONTACT_MARGIN).astype(xp.float32)
        touching = self._trunk.touches(raw.qpos, up, xp)
        fallen = (touching | overturned(up, xp)).astype(xp.float32)
        return {
            **action_fields(raw),
            "base_position": over(raw.qpos[..., 0:3], xp),
            "base_quaternion": quaternion,
            "base_linear_velocity": linear,
            "base_angular_velocity": raw.qvel[..., 3:6],
            "gravity": -up,
            "joint_position": raw.qpos[..., 7:],
            "joint_velocity": raw.qvel[..., 6:],
            "foot_position": over(raw.end_position, xp),
            "foot_velocity": raw.end_velocity,
            "foot_force": self._foot_force(raw, contact, xp),
            "foot_contact": contact,
            "body_position": over(raw.body_position, xp),
            "body_contact": self._body_contact(raw, contact, touching, xp),
            "self_collision": self._self_collision(raw, xp),
            "command": raw.commanded[..., self._command],
            "gait_phase": raw.commanded[..., self._gait_phase],
            "fallen": fallen,
        }

    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """One step on: the next carry, and the fields that look back. A pure function."""
        linear = now["base_linear_velocity"]
        if xp is not np or (just_reset > 0.5).any():
            carry = _restarted(carry, now, just_reset > 0.5, xp)
        general, fields = looking_back(carry, now)
        blend = np.float32(1.0 - np.exp(-CONTROL_DT / FILTER_TIME_S))
        filtered = carry["filtered_velocity"] + blend * (linear - carry["filtered_velocity"])
        feet, steps = self._feet(carry, now, xp)
        turned = _heading(now, xp) - carry["heading"]
        heading = carry["heading"] + rotation.wrap(turned, xp)
        row = {
            **fields,
            "base_linear_velocity_filtered": filtered,
            "base_acceleration": (linear - carry["previous_velocity"]) / CONTROL_DT,
            "initial_position": carry["initial_position"],
            "heading": heading[..., 0],
        }
        following = {
            **general,
            "previous_velocity": linear,
            "filtered_velocity": filtered,
            "initial_position": carry["initial_position"],
            "heading": heading,
            "contact": now["foot_contact"],
            **feet,
        }
        shown = {f"foot_{name}": field for name, field in feet.items()}
        return following, row | steps | shown

    def _feet(
        self, carry: Fields, now: Fields, xp: Xp
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """The feet's next carry, and which of them touch down or lift off."""
        contact, before = now["foot_contact"], carry["contact"]
        clearance = now["foot_position"][..., 2] - self._robot.end_effector_radius
        touchdown, liftoff = contact * (1.0 - before), before * (1.0 - contact)
        swing_peak = xp.maximum(carry["peak_height"] * (1.0 - liftoff), clearance)
        feet = {
            "air_time": (carry["air_time"] + CONTROL_DT) * (1.0 - contact),
            "contact_time": (carry["contact_time"] + CONTROL_DT) * contact,
            "last_air_time": xp.where(touchdown > 0.5, carry["air_time"], carry["last_air_time"]),
            "peak_height": xp.where(contact > 0.5, carry["peak_height"], swing_peak),
        }
        return feet, {"foot_touchdown": touchdown, "foot_liftoff": liftoff}

    def _foot_force(
        self, raw: RawSteps, contact: Float[Array, "*T nf"], xp: Xp
    ) -> Float[Array, "*T nf 3"]:
        """Ground force on each foot, world, N: solves Jᵀ f = τ of the leg's joints.

        τ are the constraint's generalised forces; a leg at a joint limit counts that torque too.
        """
        forces = []
        for foot, leg in enumerate(self._legs):
            joints, bodies = np.array(leg.joints), np.array(leg.bodies)
            axis = raw.joint_axis[..., joints, :]
            arm = raw.end_position[..., foot, None, :] - raw.body_position[..., bodies, :]
            columns = xp.cross(axis, arm)  # rows of Jᵀ, [T, B, joints, 3]
            torque = raw.constraint_force[..., joints]
            solve = _of_three if len(leg.joints) == 3 else _least
            forces.append(solve(columns, torque, xp) * contact[..., foot, None])
        return xp.stack(forces, axis=-2)

    def _body_contact(
        self,
        raw: RawSteps,
        contact: Float[Array, "*T nf"],
        touching: Bool[Array, "*T"],
        xp: Xp,
    ) -> Float[Array, "*T nb"]:
        """Which bodies touch the ground: trunk, hips, thighs, and shanks with knees and feet."""
        distance, places = self._surface.distance, raw.body_position
        knee = distance(places[..., self._shanks, :], xp) - self._knee_radius < CONTACT_MARGIN
        shank = xp.maximum(contact, knee)
        trunk = touching.astype(xp.float32)
        columns = [xp.zeros_like(trunk)] * len(self._robot.body_names)
        columns[self._root] = trunk
        for point in self._points:
            own, following = places[..., point.body, :], places[..., point.following, :]
            way = (1.0 - point.share) * own + point.share * following
            low = distance(way, xp) - point.radius
            touches = (low < CONTACT_MARGIN).astype(xp.float32)
            columns[point.body] = xp.maximum(columns[point.body], touches)
        for foot, place in enumerate(self._shanks):
            columns[place] = shank[..., foot]
        return xp.stack(columns, axis=-1)

    def _self_collision(self, raw: RawSteps, xp: Xp) -> Float[Array, "*T"]:
        """1 where two feet, or a foot and another leg's knee, touch each other."""
        knees = raw.body_position[..., self._shanks, :]
        points = (raw.end_position, knees)
        closest = xp.full(raw.time.shape, xp.inf, xp.float32)
        count = raw.end_position.shape[-2]
        for i in range(count):
            for j in range(count):
                for other in points:
                    if i == j or (other is raw.end_position and j < i):
                        continue
                    gap = raw.end_position[..., i, :] - other[..., j, :]
                    closest = xp.minimum(closest, xp.einsum("...i,...i->...", gap, gap))
        return (closest < self._collision**2).astype(xp.float32)


def _restarted(carry: Fields, now: Fields, just_reset: Bool[Array, " B"], xp: Xp) -> Fields:
    """The carry with robots that were reset begun anew; feet start on the ground."""
    first: Mapping[str, Array | float] = {
        "initial_position": now["base_position"],
        "heading": _heading(now, xp),
        "previous_velocity": now["base_linear_velocity"],
        "filtered_velocity": now["base_linear_velocity"],
        "previous_joint_velocity": now["joint_velocity"],
        "contact": xp.float32(1.0),
    }
    return after_reset(carry, just_reset, first, xp)


def _heading(now: Fields, xp: Xp) -> Float[Array, "B 1"]:
    """The direction that the trunk faces, within ±π."""
    return rotation.yaw(now["base_quaternion"], xp)[..., None]


def _of_three(columns: Array, torque: Array, xp: Xp) -> Array:
    """f of Jᵀ f = τ for three joints, by Cramer's rule; 0 where the leg is straight."""
    first, second, third = (columns[..., i, :] for i in range(3))
    minors = (xp.cross(second, third), xp.cross(third, first), xp.cross(first, second))
    determinant = xp.einsum("...i,...i->...", first, minors[0])
    total = sum(torque[..., i, None] * minors[i] for i in range(3))
    safe = xp.where(xp.abs(determinant) > 1e-5, determinant, xp.inf)
    return total / safe[..., None]


def _least(columns: Array, torque: Array, xp: Xp) -> Array:
    """The smallest f that fits Jᵀ f = τ best, for legs of other than three joints."""
    inverse = xp.linalg.pinv(columns, rtol=1e-3)
    return xp.einsum("...ij,...j->...i", inverse, torque)
