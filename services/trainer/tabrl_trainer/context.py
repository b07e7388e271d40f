"""Everything a training needs of one robot, kept warm between jobs: compiled graphs, simulators."""

from __future__ import annotations

import numpy as np

from tabrl.control.commands import CommandBatch
from tabrl.control.policy import PolicyWeights, load_policy
from tabrl.control.rollout import CONTROL_DT
from tabrl.robots import Robot
from tabrl.sim.factory import SimulatorKind, make_simulator
from tabrl.sim.learning.checkpoint import load_tree
from tabrl.sim.learning.networks import deployed
from tabrl.sim.learning.ppo import Learner, Schedule, TrainState
from tabrl.sim.motion_library import MotionLibrary, load_motion_library
from tabrl.sim.simulator import EpisodeConfig
from tabrl_trainer.evaluation import EPISODES, FEWER_EPISODES, Evaluator
from tabrl_trainer.finetune import CONFIG, ROBOTS, copied
from tabrl_trainer.pretrained import PretrainedPolicy
from tabrl_trainer.search import WINDOW_S as SEARCH_WINDOW_S
from tabrl_trainer.selection import WINDOW_S as SELECTION_WINDOW_S


class TrainingContext:
    """A robot's base policy, simulators and learner. One job at a time may use it."""

    def __init__(
        self, robot: Robot, base: PretrainedPolicy, simulator: SimulatorKind = "auto"
    ) -> None:
        self.robot = robot
        self.learner = Learner(robot, CONFIG)
        self.base_state: TrainState = load_tree(base.train_state, self.learner.init(0))
        self.base_weights: PolicyWeights = load_policy(base.policy).weights
        self.library: MotionLibrary = load_motion_library(base.library)
        self.simulator = make_simulator(robot, ROBOTS, kind=simulator)
        counts = {*EPISODES, *FEWER_EPISODES}
        # One of a size serves all, one after the other: every use begins with a reset.
        sizes = {ROBOTS: self.simulator}
        sizes |= {n: make_simulator(robot, n, kind=simulator) for n in counts - {ROBOTS}}
        self.small_simulator = sizes[min(counts)]
        self.evaluator, self.quick_evaluator = (
            Evaluator(robot, [sizes[size] for size in episodes])
            for episodes in (EPISODES, FEWER_EPISODES)
        )

    def warm_up(self) -> None:
        """Compile what every job uses: rollouts, one exploring block and one update."""
        deterministic = deployed(self.base_weights)
        self.simulator.prepare(deterministic, round(SEARCH_WINDOW_S / CONTROL_DT))
        self.small_simulator.prepare(deterministic, round(SELECTION_WINDOW_S / CONTROL_DT))
        self.evaluator.warm_up(deterministic)
        self.simulator.reset(CommandBatch.neutral(ROBOTS), EpisodeConfig(), 0)
        policy = self.learner.exploring(self.base_state, 0)
        experience = self.simulator.rollout(policy, CONFIG.unroll)
        reward = np.zeros((CONFIG.unroll, ROBOTS), np.float32)
        schedule = Schedule.of(reward_scale=1.0)
        self.learner.update(
            copied(self.base_state), experience, reward, schedule, self.base_state.params
        )
