"""How a policy fares on robots that are other than their scene."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tabrl.contracts.training import RobustnessRow
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Disturbance, Embodiment
from tabrl.control.physics import SUBSTEPS
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.simulator import PolicyFn, episode

SETTLE_S = 1.0  # left out of what is measured: the way into the motion
CHUNK_S = 2.0  # rollouts are compiled for this length
EPISODES = EpisodeConfig(reset_noise=0.5)

RewardFn = Callable[[Rollout], np.ndarray]  # from a rollout to rewards `[T, B]`


@dataclass(frozen=True)
class _Group:
    """Disturbances whose robots share a simulator, each with as many robots."""

    disturbances: tuple[Disturbance, ...]
    simulator: CpuSimulator


class RobustnessTest:
    """The disturbances of one robot's kind, side by side: all robots of a batch move at once."""

    def __init__(
        self, embodiment: Embodiment, episodes: int, *, fine: bool = True, seed: int = 6_007
    ) -> None:
        """`episodes` a disturbance; without `fine`, none that needs other physics."""
        self._embodiment, self._episodes, self._seed = embodiment, episodes, seed
        usual = [one for one in embodiment.disturbances if one.substeps == SUBSTEPS]
        others = [one for one in embodiment.disturbances if one.substeps != SUBSTEPS]
        groups = [tuple(usual)] * bool(usual) + [(one,) for one in others if fine]
        self._groups = [
            _Group(group, disturbed_simulator(embodiment, group, episodes, seed))
            for group in groups
        ]

    def prepare(self, policy: PolicyFn) -> None:
        """Compile what measuring policies of this kind would compile."""
        for group in self._groups:
            group.simulator.prepare(policy, round(CHUNK_S / CONTROL_DT))

    def measure(
        self,
        policy: PolicyFn,
        schedule: CommandSchedule,
        seconds: float,
        reward: RewardFn | None = None,
        on_step: Callable[[], None] = lambda: None,
    ) -> tuple[RobustnessRow, ...]:
        """A row for each disturbance, in the order of the embodiment's.

        Args:
            policy: decides.
            schedule: what all robots are asked.
            seconds: length of an episode.
            reward: pays, where one is at hand.
            on_step: called at every step; may raise to end it early.
        """
        rows = [
            row
            for group in self._groups
            for row in self._rows(group, policy, schedule, seconds, reward, on_step)
        ]
        order = [one.name for one in self._embodiment.disturbances]
        return tuple(sorted(rows, key=lambda row: order.index(row.name)))

    def _rows(
        self, group: _Group, policy: PolicyFn, schedule: CommandSchedule, seconds: float,
        reward: RewardFn | None, on_step: Callable[[], None],
    ) -> Iterator[RobustnessRow]:  # fmt: skip
        schedules = StagedCommands.stack([schedule] * group.simulator.size)
        run = episode(
            group.simulator, schedules, policy, seconds, self._seed, EPISODES, on_step, CHUNK_S
        )
        failed = self._embodiment.failures(run.rollout).max(0) > 0.5
        error = self._embodiment.speed_error(settled(run.rollout))
        earned = None if reward is None else reward(run.rollout).mean(0)
        for number, disturbance in enumerate(group.disturbances):
            part = slice(number * self._episodes, (number + 1) * self._episodes)
            yield RobustnessRow(
                name=disturbance.name,
                words=disturbance.words,
                reward=None if earned is None else float(earned[part].mean()),
                speed_error=mean_of(error[part][~failed[part]]),
                fall_rate=float(failed[part].mean()),
                episodes=self._episodes,
            )


def disturbed_simulator(
    embodiment: Embodiment, disturbances: Sequence[Disturbance], episodes: int, seed: int = 6_007
) -> CpuSimulator:
    """`episodes` robots for each of some disturbances, whose physics are divided alike."""
    rng = np.random.default_rng(seed)
    drawn = [
        RobotDifferences.draw(one.randomisation, embodiment.observation, episodes, rng)
        for one in disturbances
    ]
    return CpuSimulator(
        embodiment.robot,
        episodes * len(disturbances),
        differences=RobotDifferences.joined(drawn),
        substeps=disturbances[0].substeps,
    )


def certified_schedule(embodiment: Embodiment, schedule: CommandSchedule) -> CommandSchedule:
    """What a policy is certified under: its own schedule, or its kind's where that asks nothing."""
    if schedule != CommandSchedule.neutral(embodiment.commands):
        return schedule
    asked = embodiment.certified
    constant = tuple(asked.get(name, 0.0) for name in embodiment.commands.names)
    return replace(schedule, constant=constant)


def settled(rollout: Rollout) -> Rollout:
    """A rollout without the way into its motion."""
    first = round(SETTLE_S / CONTROL_DT)
    return Rollout({name: field[first:] for name, field in rollout.fields.items()})


def mean_of(values: np.ndarray) -> float | None:
    """The mean of some numbers; None of none, or where one of them is not finite."""
    return float(values.mean()) if len(values) and np.isfinite(values).all() else None
