"""The physics of the MJX simulator: the model handed to it and one control step of one robot."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Float
from mujoco import mjx

from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.sim.episodes import RobotDifferences

# On an accelerator a batch waits for its slowest robot. The differences that these bounds make to
# a control step are measured in the parity test; without them they are as large.
NEWTON_STEPS = 8
LINE_SEARCH_STEPS = 10
# Warp sorts pairs that may touch in a way of its own, and refuses to be told how MuJoCo should.
NOT_FOR_WARP = int(mujoco.mjtDisableBit.mjDSBL_MIDPHASE)
# Room that Warp reserves: for contacts (a robot with all of its shapes on the floor has 13), and
# for constraint rows (four a contact, one a joint limit).
CONTACTS_A_ROBOT = 16
ROWS_A_ROBOT = 80


class Motion(NamedTuple):
    """What the physics carries from step to step."""

    qpos: Float[jax.Array, "*B nq"]
    qvel: Float[jax.Array, "*B nv"]
    warm_start: Float[jax.Array, "*B nv"]


class Outcome(NamedTuple):
    """What a control step leaves to record, in the world; forces are those of its last substep."""

    joint_torque: Float[jax.Array, "*B nj"]
    constraint_force: Float[jax.Array, "*B nj"]
    body_position: Float[jax.Array, "*B nb 3"]
    joint_axis: Float[jax.Array, "*B nj 3"]
    end_position: Float[jax.Array, "*B ne 3"]
    end_velocity: Float[jax.Array, "*B ne 3"]


Forces: TypeAlias = tuple[Float[jax.Array, " nv"], Float[jax.Array, " nv"]]  # actuator, constraint


class Physics:
    """A robot's MJX model, and its control step as a pure function."""

    def __init__(self, embodiment: Embodiment, size: int, impl: str) -> None:
        """Hand the model of a robot to MJX.

        Args:
            embodiment: of the robot.
            size: number of robots, for the room that Warp reserves.
            impl: `jax` or `warp`.

        Raises:
            RuntimeError: if Warp is asked for and not installed.
        """
        host = physics_model(embodiment.robot)
        host.opt.iterations, host.opt.ls_iterations = NEWTON_STEPS, LINE_SEARCH_STEPS
        self.host = host
        room: dict[str, int] = {}
        if impl == "warp":
            host.opt.disableflags &= ~NOT_FOR_WARP
            room = {"naconmax": CONTACTS_A_ROBOT * size, "njmax": ROWS_A_ROBOT}
        self.model = mjx.put_model(host, impl=impl)
        self._blank = mjx.make_data(host, impl=impl, **room)
        self._embodiment = embodiment
        self.axes: mjx.Model | None = None  # 0 for fields that differ between robots, else None

    def differ(self, differences: RobotDifferences) -> None:
        """Make robots differ from the scene, once."""
        host, size = self.host, len(differences)
        rows = self._bodies(differences) if differences.body is not None else {}
        fields = {name: np.stack(values) for name, values in rows.items()}
        for name in ("geom_friction", "actuator_gainprm", "actuator_biasprm"):
            fields[name] = np.tile(getattr(host, name), (size, 1, 1))
        fields["geom_friction"][:, :, 0] *= differences.friction[:, None]
        fields["actuator_gainprm"][:, :, 0] *= differences.stiffness[:, None]
        fields["actuator_biasprm"][:, :, 1] *= differences.stiffness[:, None]
        fields["actuator_biasprm"][:, :, 2] *= differences.damping[:, None]
        arrays = {name: jnp.asarray(field, jnp.float32) for name, field in fields.items()}
        shared = jax.tree.map(lambda _: None, self.model)
        self.model = self.model.tree_replace(arrays)
        self.axes = shared.tree_replace(dict.fromkeys(arrays, 0))

    def _bodies(self, differences: RobotDifferences) -> dict[str, list[Float[np.ndarray, ...]]]:
        """What follows from another mass and middle of the body that differs, a row a robot."""
        host, data = self.host, mujoco.MjData(self.host)
        body = host.body(differences.body).id
        mass, middle = float(host.body_mass[body]), host.body_ipos[body].copy()
        derived = (
            "body_mass", "body_ipos", "body_subtreemass", "body_invweight0", "dof_invweight0",
        )  # fmt: skip
        rows: dict[str, list[Float[np.ndarray, ...]]] = {name: [] for name in derived}
        for factor, offset in zip(differences.body_mass, differences.body_offset, strict=True):
            host.body_mass[body], host.body_ipos[body] = mass * factor, middle + offset
            mujoco.mj_setConst(host, data)
            for name in derived:
                rows[name].append(getattr(host, name).copy())
        host.body_mass[body], host.body_ipos[body] = mass, middle
        mujoco.mj_setConst(host, data)
        return rows

    def batched_step(
        self, model: mjx.Model, motion: Motion, ctrl: Float[jax.Array, "B nu"]
    ) -> tuple[Motion, Outcome]:
        """One control step of 20 ms of all robots.

        Args:
            model: `self.model`, as an argument of the graph that this is part of.
            motion: of all robots.
            ctrl: joint targets, rad.
        """
        step = jax.vmap(self._step, in_axes=(self.axes, 0, 0))
        moved: tuple[Motion, Outcome] = step(model, motion, ctrl)
        return moved

    def bare_step(self, model: mjx.Model, motion: Motion, ctrl: Float[jax.Array, "B nu"]) -> Motion:
        """The same without anything to record: what the experience is measured against."""
        step = jax.vmap(self._substeps, in_axes=(self.axes, 0, 0))
        moved: Motion = step(model, motion, ctrl)[0]
        return moved

    def _substeps(
        self, model: mjx.Model, motion: Motion, ctrl: Float[jax.Array, " nu"]
    ) -> tuple[Motion, Forces]:
        def substep(carry: tuple[Motion, Forces], _: None) -> tuple[tuple[Motion, Forces], None]:
            qpos, qvel, warm_start = carry[0]
            data = self._blank.replace(qpos=qpos, qvel=qvel, qacc_warmstart=warm_start, ctrl=ctrl)
            data = mjx.step(model, data)
            after = Motion(data.qpos, data.qvel, data.qacc_warmstart)
            return (after, (data.qfrc_actuator, data.qfrc_constraint)), None

        nothing = jnp.zeros_like(motion.qvel)
        carry, _ = jax.lax.scan(substep, (motion, (nothing, nothing)), length=SUBSTEPS)
        after: tuple[Motion, Forces] = carry
        return after

    def _step(
        self, model: mjx.Model, motion: Motion, ctrl: Float[jax.Array, " nu"]
    ) -> tuple[Motion, Outcome]:
        after, (torque, constraint) = self._substeps(model, motion, ctrl)
        skeleton = self._embodiment.skeleton
        pose = skeleton.pose(after.qpos, after.qvel, jnp, jax.lax.optimization_barrier)
        forces = (skeleton.joint_velocity(torque), skeleton.joint_velocity(constraint))
        outcome = Outcome(*forces, **pose._asdict())
        return after, outcome
