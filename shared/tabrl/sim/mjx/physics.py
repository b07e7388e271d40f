"""The physics of the MJX simulator: the model handed to it and one control step of one robot."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco import mjx
from numpy.typing import NDArray

from tabrl.control.kinematics import Skeleton
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import SUBSTEPS, physics_model

# On an accelerator a batch waits for its slowest robot. The differences that these bounds make to
# a control step are measured in the parity test; without them they are as large.
NEWTON_STEPS = 8
LINE_SEARCH_STEPS = 10
# Room that Warp reserves: for contacts (a robot with all of its shapes on the floor has 13), and
# for constraint rows (four a contact, one a joint limit).
CONTACTS_A_ROBOT = 16
ROWS_A_ROBOT = 80


class Motion(NamedTuple):
    """What the physics carries from step to step: `qpos [nq]`, `qvel`, `warm_start [nv]`."""

    qpos: jax.Array
    qvel: jax.Array
    warm_start: jax.Array


class Outcome(NamedTuple):
    """What a control step leaves to record; forces are those of its last substep."""

    joint_torque: jax.Array  # [nj]
    constraint_force: jax.Array  # [nj]
    foot_position: jax.Array  # [nf, 3] world
    foot_velocity: jax.Array  # [nf, 3] world
    body_position: jax.Array  # [nb, 3] world
    joint_axis: jax.Array  # [nj, 3] world


class Physics:
    """A robot's MJX model, and its control step as a pure function."""

    def __init__(self, robot: Robot, size: int, impl: str) -> None:
        """`impl`: `jax` or `warp`. Raises `RuntimeError` if Warp is asked for and not installed."""
        host = physics_model(robot)
        host.opt.iterations, host.opt.ls_iterations = NEWTON_STEPS, LINE_SEARCH_STEPS
        self.host = host
        self.model = mjx.put_model(host, impl=impl)
        room: dict[str, int] = {}
        if impl == "warp":
            room = {"naconmax": CONTACTS_A_ROBOT * size, "njmax": ROWS_A_ROBOT}
        self._blank = mjx.make_data(host, impl=impl, **room)
        self._skeleton = Skeleton.of(robot, host)
        self.axes: Any = None  # which of the model's fields differ between robots

    def randomise(self, friction: NDArray[np.float64], strength: NDArray[np.float64],
                  mass: NDArray[np.float64]) -> None:  # fmt: skip
        """Sliding friction, factor of the motor gains, more trunk mass in kg, `[B]` each."""
        host, size = self.host, len(mass)
        data, trunk = mujoco.MjData(host), float(host.body_mass[1])
        derived = ("body_mass", "body_subtreemass", "body_invweight0", "dof_invweight0")
        rows: dict[str, list[NDArray[np.float64]]] = {name: [] for name in derived}
        for more in mass:
            host.body_mass[1] = trunk + more
            mujoco.mj_setConst(host, data)
            for name in derived:
                rows[name].append(getattr(host, name).copy())
        host.body_mass[1] = trunk
        mujoco.mj_setConst(host, data)
        fields = {name: np.stack(values) for name, values in rows.items()}
        fields["geom_friction"] = np.tile(host.geom_friction, (size, 1, 1))
        fields["geom_friction"][:, :, 0] = friction[:, None]
        fields["actuator_gainprm"] = np.tile(host.actuator_gainprm, (size, 1, 1))
        fields["actuator_gainprm"][:, :, 0] *= strength[:, None]
        fields["actuator_biasprm"] = np.tile(host.actuator_biasprm, (size, 1, 1))
        fields["actuator_biasprm"][:, :, 1] *= strength[:, None]
        arrays = {name: jnp.asarray(field, jnp.float32) for name, field in fields.items()}
        shared = jax.tree.map(lambda _: None, self.model)
        self.model = self.model.tree_replace(arrays)
        self.axes = shared.tree_replace(dict.fromkeys(arrays, 0))

    def batched_step(self, model: Any, motion: Motion, ctrl: jax.Array) -> tuple[Motion, Outcome]:
        """One control step of 20 ms of all robots; every argument but `model` is `[B, …]`."""
        step = jax.vmap(self._step, in_axes=(self.axes, 0, 0))
        moved: tuple[Motion, Outcome] = step(model, motion, ctrl)
        return moved

    def bare_step(self, model: Any, motion: Motion, ctrl: jax.Array) -> Motion:
        """The same without anything to record: what the experience is measured against."""
        step = jax.vmap(self._substeps, in_axes=(self.axes, 0, 0))
        moved: Motion = step(model, motion, ctrl)[0]
        return moved

    def _substeps(
        self, model: Any, motion: Motion, ctrl: jax.Array
    ) -> tuple[Motion, tuple[jax.Array, jax.Array]]:
        def substep(carry: Any, _: None) -> tuple[Any, None]:
            (qpos, qvel, warm_start), _ = carry
            data = self._blank.replace(qpos=qpos, qvel=qvel, qacc_warmstart=warm_start, ctrl=ctrl)
            data = mjx.step(model, data)
            after = Motion(data.qpos, data.qvel, data.qacc_warmstart)
            return (after, (data.qfrc_actuator, data.qfrc_constraint)), None

        nothing = jnp.zeros_like(motion.qvel)
        carry, _ = jax.lax.scan(substep, (motion, (nothing, nothing)), length=SUBSTEPS)
        after: tuple[Motion, tuple[jax.Array, jax.Array]] = carry
        return after

    def _step(self, model: Any, motion: Motion, ctrl: jax.Array) -> tuple[Motion, Outcome]:
        after, (torque, constraint) = self._substeps(model, motion, ctrl)
        pose = self._skeleton.pose(after.qpos, after.qvel, jnp)
        outcome = Outcome(torque[6:], constraint[6:], **pose._asdict())
        return after, outcome
