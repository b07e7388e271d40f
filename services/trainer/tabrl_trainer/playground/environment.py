"""A robot, its generated reward and a command schedule as one of Playground's environments."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import mujoco
from jaxtyping import Float
from ml_collections import ConfigDict
from mujoco import mjx
from mujoco_playground import MjxEnv, State
from mujoco_playground import step as physics_step
from mujoco_playground._src.mjx_env import make_data  # nothing public makes a state's data

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import SUBSTEPS
from tabrl.control.rollout import CONTROL_DT, RawSteps
from tabrl.control.staged_commands import StagedCommands
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.episodes import draw_on_device
from tabrl.sim.mjx.physics import Physics
from tabrl.sim.mjx.simulator import on_device
from tabrl_trainer.playground.step_reward import StepReward

EPISODE_STEPS = 500  # of 20 ms
_HUGE = 1e10  # MuJoCo's own limit of a healthy state
_JUST_RESET_S = 0.5 * CONTROL_DT  # before it, an episode has made no step


def default_config() -> ConfigDict:
    """Playground's settings of an environment: control and physics steps in s, episodes."""
    return ConfigDict(
        {
            "ctrl_dt": CONTROL_DT,
            "sim_dt": CONTROL_DT / SUBSTEPS,
            "episode_length": EPISODE_STEPS,
            "action_repeat": 1,
            "impl": "jax",
        }
    )


class TabrlEnvironment(MjxEnv):  # type: ignore[misc]  # published without types
    """`MjxEnv` of one robot: it learns what a reward artifact pays, under a command schedule.

    Observation `[no]`, action `[nu]`, reward and failure are those of TabRL's own trainings, in the
    same scene; an episode begins at the home keyframe with the kind's reset noise. Each weighted
    term of the reward is a metric, `reward/TERM`.

    Playground's wrappers put `data` back when an episode ends and leave `info` as it was, so the
    clock is that of `data`: where it stands at zero, all that is remembered begins anew.
    """

    def __init__(
        self,
        robot: Robot,
        reward: StepReward,
        schedule: CommandSchedule | None = None,
        config: ConfigDict | None = None,
    ) -> None:
        """Without a `schedule`, nothing is asked but the reward."""
        super().__init__(config or default_config())
        self._embodiment: Embodiment = embodiment_of(robot)
        self._reward = reward
        neutral = CommandSchedule.neutral(self._embodiment.commands)
        self._schedules = on_device(StagedCommands.stack([schedule or neutral]))
        self._physics = Physics(self._embodiment, 1, self._config.impl)
        self._mjx_model = self._physics.model  # randomising wrappers of Playground exchange it
        self._home = jnp.asarray(self._embodiment.home_qpos)

    def reset(self, rng: jax.Array) -> State:
        """An episode's first state; `rng` is its random key."""
        embodiment = self._embodiment
        noise = draw_on_device(embodiment.reset_noise, 1, rng)
        qpos, qvel = embodiment.reset_offset(noise, jnp)
        data = make_data(
            self.mj_model,
            qpos=self._home + qpos[0],
            qvel=qvel[0],
            ctrl=jnp.asarray(embodiment.joints.home),
            impl=self._config.impl,
        )
        info = {
            "carry": jax.tree.map(lambda field: jnp.asarray(field[0]), embodiment.carry(1)),
            "origin": self._origin(data),
            "remembered": jnp.zeros(len(self._reward.memory)),
        }
        nothing = jnp.zeros(())
        metrics = {f"reward/{term}": nothing for term in self._reward.terms}
        return State(data, self._observed(data, info["origin"]), nothing, nothing, metrics, info)

    def step(self, state: State, action: Float[jax.Array, " nu"]) -> State:
        """A control step of 20 ms."""
        before, joints = state.data, self._embodiment.joints
        begins = before.time < _JUST_RESET_S
        origin = jnp.where(begins, self._origin(before), state.info["origin"])
        targets = joints.aimed(action, before.qpos, before.qvel, jnp, before.ctrl)
        moved = physics_step(self.mjx_model, before, targets, self.n_substeps)
        values = jnp.concatenate([moved.qpos, moved.qvel])
        healthy = jnp.all(jnp.abs(values) < _HUGE)  # false for what is not a number
        data = jax.tree.map(lambda new, old: jnp.where(healthy, new, old), moved, before)
        fields, carry = self._fields(data, before.ctrl, state.info["carry"], begins)
        terms, remembered = self._reward(fields, state.info["remembered"], begins)
        failed = self._embodiment.failed(data.qpos[None], jnp)[0] | ~healthy
        info = state.info | {"carry": carry, "origin": origin, "remembered": remembered}
        paid = {f"reward/{name}": terms[i] for i, name in enumerate(self._reward.terms)}
        return state.replace(
            data=data,
            obs=self._observed(data, origin),
            reward=self._reward.total(terms),
            done=failed.astype(jnp.float32),
            metrics=state.metrics | paid,
            info=info,
        )

    def _observed(self, data: mjx.Data, origin: Float[jax.Array, " O"]) -> Float[jax.Array, " no"]:
        seen: Float[jax.Array, "1 no"] = self._embodiment.observe(
            data.time[None], data.qpos[None], data.qvel[None], data.ctrl[None], self._schedules,
            origin[None], jnp,
        )  # fmt: skip
        return jnp.squeeze(seen, 0)

    def _origin(self, data: mjx.Data) -> Float[jax.Array, " O"]:
        """What the start of an episode in this state fixes."""
        begun = self._embodiment.origin(data.qpos[None], jnp.zeros(1), self._schedules, jnp)
        return jnp.squeeze(begun, 0)

    def _fields(
        self, data: mjx.Data, last: jax.Array, carry: Mapping[str, jax.Array], begins: jax.Array
    ) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
        """The rollout's fields in this step, and what the next one looks back at."""
        embodiment, qpos, qvel = self._embodiment, data.qpos[None], data.qvel[None]
        skeleton, just_reset = embodiment.skeleton, begins.astype(jnp.float32)[None]
        pose = skeleton.pose(qpos, qvel, jnp, jax.lax.optimization_barrier)
        features = embodiment.command_features(data.time[None], self._schedules, jnp)
        raw = RawSteps(
            time=data.time[None],
            qpos=qpos,
            qvel=qvel,
            action=embodiment.joints.action(data.ctrl[None], last[None]),
            joint_torque=skeleton.joint_velocity(data.qfrc_actuator[None]),
            constraint_force=skeleton.joint_velocity(data.qfrc_constraint[None]),
            commanded=features[:, embodiment.recorded],
            just_reset=just_reset,
            **pose._asdict(),
        )
        instant = embodiment.instant(raw, jnp)
        now = {name: instant[name] for name in embodiment.looked_back}
        known = {name: field[None] for name, field in carry.items()}
        moved, back = embodiment.advance(known, now, just_reset, jnp)
        fields = instant | back
        return _only(fields), _only(moved)

    @property
    def xml_path(self) -> str:
        """Of the robot's scene; its registry names it, no file is read again."""
        return self._embodiment.robot.scene

    @property
    def action_size(self) -> int:
        """Number of joints."""
        return self._embodiment.robot.nu

    @property
    def mj_model(self) -> mujoco.MjModel:
        """The scene as TabRL's simulators step it."""
        return self._physics.host

    @property
    def mjx_model(self) -> mjx.Model:
        """The same in MJX."""
        return self._mjx_model

    @property
    def embodiment(self) -> Embodiment:
        """The robot as its kind sees it."""
        return self._embodiment


def _only(rows: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
    """Fields of a batch of one, as those of its only robot."""
    return {name: field[0] for name, field in rows.items()}
