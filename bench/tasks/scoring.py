"""Scoring a trained policy: one rollout as a user drives it, and many episodes of three policies.

The rollout goes through the inference service's own code, frame by frame, and is saved as
`tabrl rollout` saves it; only the socket is left out, so that it need not run in real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from bench.rotation import rotation_matrices
from bench.tasks.arm.body import ArmBody
from bench.tasks.arm.motion import ArmMotion
from bench.tasks.bodies import AnyBody, AnyMotion
from bench.tasks.body import Body
from bench.tasks.harness import Trained
from bench.tasks.motion import Motion
from bench.tasks.run_result import POLICIES, Interval, PolicyName, PolicyScore
from bench.tasks.task import ROLLOUT_S, Task
from jaxtyping import Float

from tabrl.contracts.comparison import Comparison
from tabrl.control.arrays import Floats
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import Rollout
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import Robot, scene_sha256, scene_xml
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.reward.function import load_reward
from tabrl_inference.batching import forward
from tabrl_inference.bootstrap import load_params
from tabrl_inference.frames import decode_state
from tabrl_local.rollout import Plant, Recording
from tabrl_trainer.comparison import compare, half_width
from tabrl_trainer.evaluation import Candidate
from tabrl_trainer.rollout_reward import RolloutReward

SCORING_SEED = 104_729  # other starts than the trainer's own evaluation


def rollout_of(params: bytes, robot: Robot, seconds: float = ROLLOUT_S) -> Recording:
    """Drive a params file from the home keyframe. Raises `Invalid` for one that cannot play."""
    policy = load_params(params)
    plant = Plant(scene_xml(robot.id, robot.ground), robot)
    steps = round(seconds * policy.control_hz)
    substeps = round(1.0 / policy.control_hz / plant.model.opt.timestep)
    embodiment = embodiment_of(robot)
    log = Recording.empty(steps, plant.model, embodiment, scene_sha256(robot.id, robot.ground))
    for tick in range(steps):
        ends = plant.ends()
        log.time[tick], log.qpos[tick], log.qvel[tick], last = plant.state()
        log.end_position[tick], log.end_contact[tick] = ends, plant.touching(ends, embodiment)
        state = decode_state(plant.frame(tick), policy.size)
        ctrl = forward(policy, state.row[None])[0].astype(np.float64)
        log.ctrl[tick], log.action[tick] = ctrl, embodiment.joints.action(ctrl, last)
        if log.tool_pose is not None and embodiment.tool is not None:
            log.tool_pose[tick] = plant.pose(embodiment.tool)
        plant.step(ctrl, substeps)
    return log


@dataclass(frozen=True)
class Scores:
    """The three policies measured, and how the delivered one compares with the found schedule."""

    rows: dict[PolicyName, PolicyScore]
    comparison: Comparison


@dataclass(frozen=True)
class Scorer:
    """Measures policies over as many episodes as the simulator has robots, from the same starts."""

    body: AnyBody
    simulator: CpuSimulator
    base: PolicyWeights

    @classmethod
    def of(cls, body: AnyBody, base: PolicyWeights, episodes: int) -> Scorer:
        """With a simulator of its own."""
        return cls(body, CpuSimulator(body.robot, episodes), base)

    def score(self, task: Task, trained: Trained) -> Scores:
        """Base with no command, base with the found command schedule, and what was delivered."""
        policy = load_policy(trained.params)
        candidates = [
            Candidate(self.base, CommandSchedule.neutral(embodiment_of(self.body.robot).commands)),
            Candidate(self.base, policy.schedule),
            Candidate(policy.weights, policy.schedule),
        ]
        reward = RolloutReward(load_reward(trained.reward.blob), trained.reward.weights)
        rows: dict[PolicyName, PolicyScore] = {}
        rewards: dict[PolicyName, Floats] = {}
        for name, candidate in zip(POLICIES, candidates, strict=True):
            rollout = candidate.rollout(self.simulator, ROLLOUT_S, SCORING_SEED)
            rewards[name] = reward.total(rollout).mean(0, dtype=np.float64)
            rows[name] = _score(task, self.body, rollout, rewards[name])
        return Scores(rows, compare(rewards["program"], rewards["result"]))

    def delivered(
        self, task: Task, trained: Trained
    ) -> tuple[Float[np.ndarray, " B"], PolicyScore]:
        """What was delivered, alone: reward a step of every episode, and its score."""
        policy = load_policy(trained.params)
        reward = RolloutReward(load_reward(trained.reward.blob), trained.reward.weights)
        candidate = Candidate(policy.weights, policy.schedule)
        rollout = candidate.rollout(self.simulator, ROLLOUT_S, SCORING_SEED)
        earned = reward.total(rollout).mean(0, dtype=np.float64)
        return earned, _score(task, self.body, rollout, earned)


def _score(task: Task, body: AnyBody, rollout: Rollout, rewards: Floats) -> PolicyScore:
    motions = list(motions_of(body, rollout))
    values = np.array([task.values(one) for one in motions])
    return PolicyScore(
        reward=_interval(rewards),
        values=tuple(_interval(column) for column in values.T),
        success=float(np.mean([task.succeeded(one) for one in motions])),
        fall_rate=float(np.mean([one.fell for one in motions])),
        episodes=len(motions),
    )


def _interval(values: Floats) -> Interval:
    return Interval(mean=float(values.mean()), ci95=half_width(values))


def motions_of(body: AnyBody, rollout: Rollout) -> Iterator[AnyMotion]:
    """Each robot's motion out of a rollout's raw states."""
    if isinstance(body, ArmBody):
        for robot in range(rollout.shape[1]):
            yield ArmMotion.of(body, rollout.time[:, robot], rollout.joint_position[:, robot])
    else:
        yield from _legged_motions(body, rollout)


def _legged_motions(body: Body, rollout: Rollout) -> Iterator[Motion]:
    qpos = np.concatenate(
        [rollout.base_position, rollout.base_quaternion, rollout.joint_position], axis=-1
    )
    to_world = rotation_matrices(rollout.base_quaternion.astype(np.float64))
    velocity = np.einsum("...ij,...j->...i", to_world, rollout.base_linear_velocity)
    qvel = np.concatenate(
        [velocity, rollout.base_angular_velocity, rollout.joint_velocity], axis=-1
    )
    for robot in range(qpos.shape[1]):
        yield Motion(
            body,
            rollout.time[:, robot].astype(np.float64),
            qpos[:, robot].astype(np.float64),
            qvel[:, robot].astype(np.float64),
            rollout.foot_position[:, robot].astype(np.float64),
        )
