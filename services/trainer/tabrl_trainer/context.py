"""Everything a training needs of one robot, kept warm between jobs: compiled graphs, simulators."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.phases import EPISODE_S
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import Robot, get_robot
from tabrl.sim.cpu.graphs import forget_graphs
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.factory import SimulatorKind, make_simulator
from tabrl.sim.learning.checkpoint import load_tree
from tabrl.sim.learning.networks import deployed, policy_weights
from tabrl.sim.learning.ppo import Learner, Schedule, TrainState
from tabrl.sim.motion_library import MotionLibrary, load_motion_library
from tabrl.sim.robustness import RobustnessTest
from tabrl.sim.simulator import PolicyFn, Simulator
from tabrl_trainer.evaluation import Candidate, Evaluator, Standing
from tabrl_trainer.finetune import copy_state
from tabrl_trainer.pretrained import NotTrained, PretrainedPolicy, load_pretrained, not_trained
from tabrl_trainer.search.command_search import WINDOW_S as SEARCH_WINDOW_S
from tabrl_trainer.selection import WINDOW_S as SELECTION_WINDOW_S
from tabrl_trainer.sizes import TrainingSizes, sizes_for

DIFFERING = 0.4  # of the robots of a fine-tuning
DISTURBED_EPISODES = 32  # of each disturbance, after every training
WARM_ROBOTS = 2  # whose compiled graphs a process keeps: a third of a gigabyte each


class TrainingContext:
    """A robot's pretrained policy, simulators and learner. One job at a time may use it.

    A robot without a pretrained policy has a random one in its place and no motion library.
    """

    def __init__(
        self, robot: Robot, pretrained: PretrainedPolicy | None, simulator: SimulatorKind = "auto",
        sizes: TrainingSizes | None = None,
    ) -> None:  # fmt: skip
        """`sizes` are those for the device unless given."""
        self.robot = robot
        sizes = sizes or sizes_for(simulator)
        self.sizes = sizes = sizes if pretrained else sizes.beginning_with_nothing
        robots = sizes.fine_tuning.robots
        self.embodiment = embodiment_of(robot)
        self.learner = Learner(robot, sizes.fine_tuning.config)
        self.pretrained_state: TrainState = self.learner.init(0)
        self._library: MotionLibrary | None = None
        if pretrained is None:
            state = self.pretrained_state
            weights = policy_weights(state.params.policy, state.normalizer)
        else:
            self.pretrained_state = load_tree(pretrained.train_state, self.pretrained_state)
            self._library = load_motion_library(pretrained.library)
            weights = load_policy(pretrained.policy).weights
        self.pretrained_weights: PolicyWeights = weights
        self.simulator = make_simulator(robot, robots, kind=simulator)
        # Without some robots that differ, a minute forgets what the pretrained policy can bear.
        self.training_simulator = make_simulator(
            robot, robots, kind=simulator,
            differences=RobotDifferences.of_training(self.embodiment, robots, 0, DIFFERING),
        )  # fmt: skip
        # What ranks schedules in a search's first generations; only the CPU knows cheaper physics.
        self.coarse_simulator: Simulator = (
            CpuSimulator(robot, robots, coarse=True)
            if isinstance(self.simulator, CpuSimulator)
            else self.simulator
        )
        # One of a size serves all, one after the other: every use begins with a reset.
        simulators = {robots: self.simulator}
        simulators |= {
            count: make_simulator(robot, count, kind=simulator)
            for count in {sizes.few_episodes, sizes.episodes_a_round} - {robots}
        }
        self.small_simulator = simulators[sizes.few_episodes]
        self.round_simulator = simulators[sizes.episodes_a_round]  # and for the search's final
        neutral = CommandSchedule.neutral(self.embodiment.commands)
        self._standing = Standing(Candidate(self.pretrained_weights, neutral), self.small_simulator)
        self.evaluator = Evaluator(self.embodiment, self._standing, self.round_simulator, rounds=2)
        self.quick_evaluator = Evaluator(
            self.embodiment, self._standing, self.small_simulator, rounds=1
        )
        self.robustness = RobustnessTest(self.embodiment, DISTURBED_EPISODES, fine=False)

    @property
    def trained(self) -> bool:
        """Whether the robot has a pretrained policy."""
        return self._library is not None

    @property
    def library(self) -> MotionLibrary:
        """What the pretrained policy can do. Raises `NotTrained` where there is none."""
        if self._library is None:
            raise not_trained(self.robot.id)
        return self._library

    def warm_up(self, before: Callable[[int, int], None] = lambda number, count: None) -> None:
        """Compile what every job uses: rollouts, one exploring chunk and one update.

        Args:
            before: called before each part of it, with its number, from 1, and how many there are.
        """
        deterministic = deployed(self.pretrained_weights)
        exploring = self.learner.exploring(self.pretrained_state, 0)
        search, selection = (round(s / CONTROL_DT) for s in (SEARCH_WINDOW_S, SELECTION_WINDOW_S))
        parts: tuple[Callable[[], object], ...] = (
            lambda: self.simulator.prepare(deterministic, search),
            lambda: self.coarse_simulator.prepare(deterministic, search),
            lambda: self.small_simulator.prepare(deterministic, selection),
            lambda: self.round_simulator.prepare(deterministic, search),
            lambda: self.evaluator.warm_up(deterministic),
            lambda: self.quick_evaluator.warm_up(deterministic),
            lambda: self._standing.rollout(EPISODE_S),
            lambda: self.robustness.prepare(deterministic),
            lambda: self.training_simulator.prepare(exploring, self.learner.config.unroll),
            lambda: self._learn(exploring),
        )
        for number, compile_part in enumerate(parts, 1):
            before(number, len(parts))
            compile_part()

    def _learn(self, exploring: PolicyFn) -> None:
        """A chunk as fine-tuning makes them, and an update from it that is forgotten."""
        neutral = CommandBatch.neutral(self.embodiment.commands, self.simulator.size)
        self.training_simulator.reset(neutral, EpisodeConfig(), 0)
        experience = self.training_simulator.rollout(exploring, self.learner.config.unroll)
        reward, state = np.zeros_like(experience.terminated), self.pretrained_state
        schedule = Schedule.of(reward_scale=1.0)
        self.learner.update(copy_state(state), experience, reward, schedule, state.params)


class TrainingContexts:
    """The context of the robot that is trained; robots trained before it are quick to come back to.

    A context holds the simulators of several hundred robots, so there is one at a time.
    """

    def __init__(
        self,
        make: Callable[[Robot, PretrainedPolicy | None], TrainingContext],
        load: Callable[[str], PretrainedPolicy] = load_pretrained,
    ) -> None:
        """`load` finds the pretrained policy of a robot by its id, `make` the context for it."""
        self._make = make
        self._load = load
        self._context: TrainingContext | None = None
        self._warm: list[Embodiment] = []  # the one that was used longest ago first

    def get(
        self, robot_id: str, ground: Ground = FLAT, *, from_nothing: bool = False
    ) -> TrainingContext:
        """A robot's context on a ground.

        Args:
            robot_id: of the registry.
            ground: what it stands on.
            from_nothing: whether a random policy will do where there is no pretrained one.

        Raises:
            NotTrained: it has no pretrained policy that fits.
            NotFound: there is no such robot (code `unknown_robot`).
            Invalid: it cannot be put on the ground (code `bad_ground`).
        """
        robot = get_robot(robot_id).on(ground)
        if self._context is None or self._context.robot != robot:
            pretrained = self._find(robot_id, from_nothing)
            self._context = None  # before the next one needs the memory
            self._make_room(robot)
            self._context = self._make(robot, pretrained)
            self._warm.append(self._context.embodiment)
        if not self._context.trained and not from_nothing:
            raise not_trained(robot_id)
        return self._context

    def _find(self, robot_id: str, from_nothing: bool) -> PretrainedPolicy | None:
        try:
            return self._load(robot_id)
        except NotTrained:
            if from_nothing:
                return None
            raise

    def _make_room(self, robot: Robot) -> None:
        """Forget what was compiled for the robot that was used longest ago, if there are many."""
        self._warm = [one for one in self._warm if one.robot != robot]
        while len(self._warm) >= WARM_ROBOTS:
            forget_graphs(self._warm.pop(0))
