"""The measurements, each on graphs of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

import jax.numpy as jnp
from bench.gpu.results import Learning, RolloutRow
from bench.gpu.stepping import compiled_scan
from bench.robot import ROBOT, legged_robot
from bench.speed.compilations import REWARD, Compilations, StagedReward
from bench.speed.from_scratch import walk_artifact
from bench.speed.walk_task import COMMAND_SCHEDULE

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.rollout import Rollout
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.load import load_policy
from tabrl.sim.learning.checkpoint import load_tree
from tabrl.sim.learning.ppo import Learner, TrainState
from tabrl.sim.mjx.physics import Motion
from tabrl.sim.mjx.simulator import MjxSimulator
from tabrl.sim.motion_library import load_motion_library
from tabrl.sim.reward.function import load_reward
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.pretrained import PretrainedPolicy
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.command_search import CommandSearch
from tabrl_trainer.sizes import sizes_for
from tabrl_trainer.tiers.recipes import A_MINUTE


class Worker:
    """A simulator of any size with the learner and pretrained policy that a job has."""

    def __init__(self, base: PretrainedPolicy, robots: int, impl: str) -> None:
        # Chunks as the trainer has them on this device, whatever the number of robots.
        self.sizes = sizes_for("auto")
        self.learner = Learner(ROBOT, self.sizes.fine_tuning.config)
        self.state: TrainState = load_tree(base.train_state, self.learner.init(0))
        self.act = load_policy(base.policy).weights.act
        self.library = load_motion_library(base.library)
        self.simulator = MjxSimulator(ROBOT, robots, impl=impl)

    def called(self, reward: RolloutReward) -> RolloutReward:
        """The reward in calls of the trainer's size."""
        return reward.in_calls_of(self.sizes.reward_steps)

    def first_update(self, blob: bytes, weights: dict[str, float]) -> tuple[float, list[str]]:
        """Seconds from an artifact to the first update, and what else than it was compiled."""
        compilations = Compilations()
        with compilations.listening():
            began = time.perf_counter()
            reward = StagedReward(
                self.called(RolloutReward(load_reward(blob), weights)), compilations
            )
            tune = FineTune(
                self.simulator, self.learner, self.state, reward, COMMAND_SCHEDULE, seed=1
            )
            next(iter(tune.run(1e9)))
            took = time.perf_counter() - began
        return took, [compilation.function for compilation in compilations.outside(REWARD)]


def measure_rollout(
    base: PretrainedPolicy, robots: Sequence[int], impl: str, repeats: int
) -> Iterator[RolloutRow]:
    """Chunks under the exploring pretrained policy, and the same motion by MJX alone, in turn."""
    for size in robots:
        yield _rollout(Worker(base, size, impl), repeats)


def _rollout(worker: Worker, repeats: int) -> RolloutRow:
    robots, steps = worker.simulator.size, worker.learner.config.unroll
    reward = worker.called(walk_artifact())
    simulator, policy = worker.simulator, worker.learner.exploring(worker.state, 0)
    clock = _TimedRobot(legged_robot())
    simulator._embodiment = clock
    began = time.perf_counter()
    simulator.prepare(policy, steps)
    rollout_compile_s = time.perf_counter() - began
    simulator.reset(CommandBatch.stack([COMMAND_SCHEDULE] * robots), A_MINUTE.rules, 0)
    reward.total(simulator.rollout(policy, steps).rollout)  # compiles the reward
    bare, bare_compile_s = compiled_scan(simulator, steps)
    joints = clock.joints
    seconds: list[tuple[float, float, float, float]] = []
    for _ in range(repeats):
        qpos, qvel = simulator.state()
        clock.seconds, began = 0.0, time.perf_counter()
        experience = simulator.rollout(policy, steps)
        stepped = time.perf_counter()
        reward.total(experience.rollout)
        rewarded = time.perf_counter()
        motion = Motion(jnp.asarray(qpos), jnp.asarray(qvel), jnp.zeros_like(qvel))
        targets = jnp.asarray(joints.ctrl(experience.rollout.action))
        targets.block_until_ready()
        again = time.perf_counter()
        bare(simulator.physics.model, motion, targets).qpos.block_until_ready()
        alone = time.perf_counter() - again
        seconds.append((stepped - began, rewarded - began, alone, clock.seconds))
    total = robots * steps
    return RolloutRow(
        robots=robots,
        steps=steps,
        rollout_per_s=median(total / experience for experience, _, _, _ in seconds),
        with_reward_per_s=median(total / both for _, both, _, _ in seconds),
        bare_per_s=median(total / alone for _, _, alone, _ in seconds),
        rollout_share=median(rollout / experience for experience, _, _, rollout in seconds),
        rollout_compile_s=rollout_compile_s,
        bare_compile_s=bare_compile_s,
    )


def measure_learning(
    base: PretrainedPolicy, robots: int, impl: str, search_s: float, ppo_s: float
) -> Iterator[Learning]:
    """Search and fine-tuning for the walk, after one throw-away round of each that compiles."""
    worker = Worker(base, robots, impl)
    reward = worker.called(walk_artifact())
    # In the compiled rollout the graph runs; `act` is the same policy for a simulator on the host.
    policy = replace(worker.learner.deterministic(worker.state), act=worker.act)

    def search(budget_s: float) -> Learning:
        began = time.perf_counter()
        found = list(
            CommandSearch(legged_robot(), worker.simulator, policy, reward, worker.library, 0).run(
                budget_s
            )
        )
        return Learning(
            stage="search", robots=robots, samples=found[-1].samples,
            seconds=time.perf_counter() - began, reward_first=found[0].best_score,
            reward_last=found[-1].best_score,
        )  # fmt: skip

    def tune(budget_s: float) -> Learning:
        began = time.perf_counter()
        run = FineTune(worker.simulator, worker.learner, worker.state, reward, COMMAND_SCHEDULE, 0)
        reports = list(run.run(budget_s))
        return Learning(
            stage="PPO", robots=robots, samples=reports[-1].samples,
            seconds=time.perf_counter() - began, reward_first=reports[0].reward,
            reward_last=reports[-1].reward,
        )  # fmt: skip

    search(0.0)
    tune(1e-3)
    yield search(search_s)
    yield tune(ppo_s)


class _TimedRobot(LeggedRobot):
    def __init__(self, robot: LeggedRobot) -> None:
        self.__dict__.update(robot.__dict__)
        self.seconds = 0.0

    def look_back(
        self, fields: dict[str, Floats], just_reset: Floats, carry: dict[str, Floats]
    ) -> Rollout:
        began = time.perf_counter()
        rollout = super().look_back(fields, just_reset, carry)
        self.seconds += time.perf_counter() - began
        return rollout
