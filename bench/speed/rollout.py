"""The rollout phase against bare stepping of the same model with the same motion."""

from __future__ import annotations

import time
from statistics import median

import mujoco
from bench.robot import ROBOT, legged_robot, scene_model
from bench.speed.from_scratch import walk_artifact
from bench.speed.walk_task import COMMAND_SCHEDULE
from mujoco.batch import Batch
from pydantic import BaseModel

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.learning.ppo import TrainState
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.tiers.recipes import A_MINUTE

UNROLL = 32


class RolloutRow(BaseModel):
    """Control steps a second, medians of the repeats; ratios are medians of each repeat's."""

    robots: int
    repeats: int
    substeps: int = SUBSTEPS  # physics steps a control step
    rollout_per_s: float  # policy, observation, rollout and reward included
    bare_per_s: float  # of the model that the simulator steps, freed of what costs time
    scene_per_s: float  # of the scene as it is written
    ratio: float
    ratio_scene: float


class BareStepping:
    """`mujoco.batch` as it comes and nothing else, replaying targets."""

    def __init__(self, model: mujoco.MjModel, robots: int) -> None:
        self._batch = Batch(model, robots)
        self._batch.reset(keyframe=0)

    def replay_s(self, qpos: Floats, qvel: Floats, targets: Floats) -> float:
        """Seconds for the control steps of `targets [T, B, nu]` from the state `[B, …]`."""
        batch = self._batch
        batch.qpos[:], batch.qvel[:] = qpos, qvel
        began = time.perf_counter()
        for now in targets:
            batch.ctrl[:] = now
            batch.step(nstep=SUBSTEPS)
        return time.perf_counter() - began


def measure_rollout(context: TrainingContext, robots: int, repeats: int, chunks: int) -> RolloutRow:
    """Interleaved: a chunk of ours, then the same motion twice bare, `repeats` times `chunks`."""
    simulator, reward = CpuSimulator(ROBOT, robots), walk_artifact()
    joints = legged_robot().joints
    state: TrainState = context.pretrained_state
    policy = context.learner.exploring(state, 0)
    simulator.reset(CommandBatch.stack([COMMAND_SCHEDULE] * robots), A_MINUTE.rules, 0)
    reward.total(simulator.rollout(policy, UNROLL).rollout)  # compiles, and leaves the start behind
    bare = BareStepping(physics_model(ROBOT), robots)
    scene = BareStepping(scene_model(), robots)
    seconds: list[tuple[float, float, float]] = []
    for _ in range(repeats):
        ours = same = whole = 0.0
        for _ in range(chunks):
            qpos, qvel = simulator.state()
            began = time.perf_counter()
            experience = simulator.rollout(policy, UNROLL)
            reward.total(experience.rollout)
            ours += time.perf_counter() - began
            targets = joints.ctrl(experience.rollout.action)
            same += bare.replay_s(qpos, qvel, targets)
            whole += scene.replay_s(qpos, qvel, targets)
        seconds.append((ours, same, whole))
    steps = chunks * UNROLL * robots
    return RolloutRow(
        robots=robots,
        repeats=repeats,
        rollout_per_s=median(steps / ours for ours, _, _ in seconds),
        bare_per_s=median(steps / same for _, same, _ in seconds),
        scene_per_s=median(steps / whole for _, _, whole in seconds),
        ratio=median(same / ours for ours, same, _ in seconds),
        ratio_scene=median(whole / ours for ours, _, whole in seconds),
    )
