"""Everything a training needs of one robot, kept warm between jobs: compiled graphs, simulators."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from tabrl.contracts.phases import EPISODE_S
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import Robot, get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.factory import SimulatorKind, make_simulator
from tabrl.sim.learning.checkpoint import load_tree
from tabrl.sim.learning.networks import deployed
from tabrl.sim.learning.ppo import Learner, Schedule, TrainState
from tabrl.sim.motion_library import MotionLibrary, load_motion_library
from tabrl.sim.simulator import Simulator
from tabrl_trainer.evaluation import Candidate, Evaluator, Standing
from tabrl_trainer.finetune import CONFIG, ROBOTS, copy_state
from tabrl_trainer.pretrained import PretrainedPolicy, load_pretrained
from tabrl_trainer.search import WINDOW_S as SEARCH_WINDOW_S
from tabrl_trainer.selection import WINDOW_S as SELECTION_WINDOW_S

EPISODES_A_ROUND = 128  # of each of two policies; an evaluation has one round or two
FEW_EPISODES = 64  # of a policy that only stands, or on a machine too busy for more
MAX_CONTEXTS = 2  # of a process; each holds the simulators of several hundred robots


class TrainingContext:
    """A robot's pretrained policy, simulators and learner. One job at a time may use it."""

    def __init__(
        self, robot: Robot, pretrained: PretrainedPolicy, simulator: SimulatorKind = "auto"
    ) -> None:
        self.robot = robot
        self.embodiment = embodiment_of(robot)
        self.learner = Learner(robot, CONFIG)
        self.pretrained_state: TrainState = load_tree(pretrained.train_state, self.learner.init(0))
        self.pretrained_weights: PolicyWeights = load_policy(pretrained.policy).weights
        self.library: MotionLibrary = load_motion_library(pretrained.library)
        self.simulator = make_simulator(robot, ROBOTS, kind=simulator)
        # What ranks schedules in a search's first generations; only the CPU knows cheaper physics.
        self.coarse_simulator: Simulator = (
            CpuSimulator(robot, ROBOTS, coarse=True)
            if isinstance(self.simulator, CpuSimulator)
            else self.simulator
        )
        # One of a size serves all, one after the other: every use begins with a reset.
        sizes = {ROBOTS: self.simulator}
        sizes |= {
            n: make_simulator(robot, n, kind=simulator)
            for n in {FEW_EPISODES, EPISODES_A_ROUND} - {ROBOTS}
        }
        self.small_simulator = sizes[FEW_EPISODES]
        self.round_simulator = sizes[EPISODES_A_ROUND]  # of evaluations and the search's final
        neutral = CommandSchedule.neutral(self.embodiment.commands)
        self._standing = Standing(Candidate(self.pretrained_weights, neutral), self.small_simulator)
        self.evaluator = Evaluator(self.embodiment, self._standing, self.round_simulator, looks=2)
        self.quick_evaluator = Evaluator(
            self.embodiment, self._standing, self.small_simulator, looks=1
        )

    def warm_up(self) -> None:
        """Compile what every job uses: rollouts, one exploring chunk and one update."""
        deterministic = deployed(self.pretrained_weights)
        for simulator in (self.simulator, self.coarse_simulator):
            simulator.prepare(deterministic, round(SEARCH_WINDOW_S / CONTROL_DT))
        self.small_simulator.prepare(deterministic, round(SELECTION_WINDOW_S / CONTROL_DT))
        self.round_simulator.prepare(deterministic, round(SEARCH_WINDOW_S / CONTROL_DT))
        self.evaluator.warm_up(deterministic)
        self.quick_evaluator.warm_up(deterministic)
        self._standing.rollout(EPISODE_S)
        self.simulator.reset(
            CommandBatch.neutral(self.embodiment.commands, ROBOTS), EpisodeConfig(), 0
        )
        policy = self.learner.exploring(self.pretrained_state, 0)
        experience = self.simulator.rollout(policy, CONFIG.unroll)
        reward = np.zeros((CONFIG.unroll, ROBOTS), np.float32)
        schedule = Schedule.of(reward_scale=1.0)
        state = self.pretrained_state
        self.learner.update(copy_state(state), experience, reward, schedule, state.params)


class TrainingContexts:
    """The contexts of robots, made when first needed; the least recently used one makes room."""

    def __init__(
        self,
        make: Callable[[Robot, PretrainedPolicy], TrainingContext],
        load: Callable[[str], PretrainedPolicy] = load_pretrained,
    ) -> None:
        """`load` finds the pretrained policy of a robot by its id, `make` the context for it."""
        self._make = make
        self._load = load
        self._contexts: OrderedDict[str, TrainingContext] = OrderedDict()

    def get(self, robot_id: str) -> TrainingContext:
        """A robot's context.

        Raises `NotTrained` if it has no pretrained policy that fits, and `NotFound` (code
        `unknown_robot`).
        """
        if robot_id not in self._contexts:
            robot, pretrained = get_robot(robot_id), self._load(robot_id)
            while len(self._contexts) >= MAX_CONTEXTS:  # before the next one needs the memory
                self._contexts.popitem(last=False)
            self._contexts[robot_id] = self._make(robot, pretrained)
        self._contexts.move_to_end(robot_id)
        return self._contexts[robot_id]
