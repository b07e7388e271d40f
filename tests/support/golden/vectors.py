"""Golden vectors: what inference answers, for the page's controller to match.

For robots of the kinds that the page knows, raw states of real rollouts under all
kinds of command schedules, with the observation and the targets that inference answers them with.
They are made anew for every run of the page's tests, so they are never out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.embodiment import Embodiment
from tabrl.control.live.commands import LiveCommands
from tabrl.control.physics import physics_model
from tabrl.control.policy import Policy, PolicyWeights, read_policy
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.embodiments.live import live_control_of
from tabrl.embodiments.load import embodiment_of
from tabrl.export.robot_constants import robot_constants
from tabrl.robots import Robot
from tests.support.made_up import made_up_schedule

ROOT = Path(__file__).parents[3]
OLD_FILES = ROOT / "tests" / "data" / "schedules.jsonl"  # of the first version
STATES, SECONDS, EVERY = 4, 12.0, 7  # of a rollout, s, of the motion library's recipes


@dataclass(frozen=True)
class State:
    """One raw state; what is not a number is not known."""

    time: float
    qpos: NDArray[np.float64]
    qvel: NDArray[np.float64]
    ctrl: NDArray[np.float64]


def schedules(robot: Robot) -> Mapping[str, CommandSchedule]:
    """All kinds of schedules of a robot, by name."""
    embodiment = embodiment_of(robot)
    found = dict(list(embodiment.recipes.items())[::EVERY])
    found |= {f"variant {n}": one for n, one in enumerate(embodiment.setting_variants())}
    found |= {f"stages {seed}": made_up_schedule(robot, seed) for seed in range(3)}
    staged = made_up_schedule(robot, 3)
    found["and stay"] = CommandSchedule.sequence(staged.stages, staged.stages_s, repeat=False)
    paths = [one for one in embodiment.recipes.values() if one.path]
    if paths:
        found["paths"] = CommandSchedule.sequence((paths[0], paths[-1]), (3.1, 4.3))
    found |= {f"of the first version {n}": one for n, one in enumerate(_old(embodiment))}
    return found


def document(robot: Robot, params: bytes) -> dict[str, Any]:
    """The vectors of a robot under the policy of a params file."""
    embodiment = embodiment_of(robot)
    header, weights = read_policy(params)
    named = schedules(robot)
    rollouts = _rollouts(embodiment, weights, list(named.values()))
    rng = np.random.default_rng(1)
    cases = []
    for (name, schedule), states in zip(named.items(), rollouts, strict=True):
        program = ScheduleDocument.of(schedule)
        policy = Policy(header.model_copy(update={"program": program}), weights, embodiment)
        cases.append({
            "name": name,
            "program": program.model_dump(mode="json"),
            "states": [_answered(policy, state) for state in states],
            "driven": list(_driven(policy, states, rng)),
        })  # fmt: skip
    return {"constants": robot_constants(embodiment), "cases": cases}


def some_answers(policy: Policy) -> tuple[list[State], NDArray[np.floating]]:
    """`STATES` states of a rollout of a policy, and the targets `[STATES, nu]` of each."""
    (states,) = _rollouts(policy.embodiment, policy.weights, [policy.schedule])
    answered = [_answered(policy, state)["targets"] for state in states]
    return states, np.array(answered)


def _rollouts(
    embodiment: Embodiment, weights: PolicyWeights, followed: list[CommandSchedule]
) -> list[list[State]]:
    """Some states of a rollout in MuJoCo under each schedule.

    The last of them is of a robot that knows neither its place nor its velocity.
    """
    model, rng = physics_model(embodiment.robot), np.random.default_rng(0)
    robots = [mujoco.MjData(model) for _ in followed]
    for data in robots:
        mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    commands = StagedCommands.stack(followed)
    steps = round(SECONDS / CONTROL_DT)
    chosen = np.sort([rng.choice(steps, STATES, replace=False) for _ in followed], axis=1)
    found: list[list[State]] = [[] for _ in followed]
    for step in range(steps):
        time, qpos, qvel, ctrl = (
            np.array([getattr(data, name) for data in robots])
            for name in ("time", "qpos", "qvel", "ctrl")
        )
        for row in np.flatnonzero((chosen == step).any(axis=1)):
            state = State(float(time[row]), qpos[row].copy(), qvel[row].copy(), ctrl[row].copy())
            if step == chosen[row, -1]:
                state.qpos[: embodiment.skeleton.place] = np.nan
                state.qvel[: embodiment.skeleton.linear] = np.nan
            found[row].append(state)
        action = weights.act(embodiment.observe(time, qpos, qvel, ctrl, commands))
        targets = embodiment.joints.aimed(action, qpos, qvel, last=ctrl)
        for data, wanted in zip(robots, targets, strict=True):
            data.ctrl[:] = wanted
            mujoco.mj_step(model, data, round(CONTROL_DT / model.opt.timestep))
    return found


def _answered(policy: Policy, state: State) -> dict[str, Any]:
    """A state, what the policy sees of it, and the targets it answers with."""
    batch = (np.array([state.time]), state.qpos[None], state.qvel[None], state.ctrl[None])
    observation = policy.embodiment.observe(*batch, policy.commands)
    _, targets = policy.control(*batch)
    rows = {"observation": observation[0], "targets": targets[0]}
    return _written(state) | {name: _known(row) for name, row in rows.items()}


def _written(state: State) -> dict[str, Any]:
    rows = {"qpos": state.qpos, "qvel": state.qvel, "ctrl": state.ctrl}
    return {"time": state.time} | {name: _known(row) for name, row in rows.items()}


def _known(row: NDArray[np.floating]) -> list[float | None]:
    return [None if np.isnan(one) else one for one in row.tolist()]


def _driven(
    policy: Policy, states: list[State], rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """The states as those of a robot that somebody drives, each with the carry of the one before.

    With a row of live commands as it is sent: a beat, waves for some channels, the carry.
    """
    control, count = live_control_of(policy.embodiment.robot), len(policy.embodiment.commands)
    spans = np.array([*control.spans.values()])
    carry = np.full(control.carried, np.nan)  # nobody has one yet
    for number, state in enumerate(states):
        waves = rng.uniform([-1.3, 0.0, 0.0, 0.0], [1.3, 1.3, 6.0, 2.0], (count, 4))
        waves[:, :2] *= spans[:, 1:]
        waves[rng.random(count) < 0.5, 0] = np.nan  # left to the schedule
        beat = rng.uniform([0.3, 0.0], [2.0, 9.0]) if number % 2 else np.zeros(2)
        row = np.concatenate([beat, waves.ravel(), carry])
        batch = (np.array([state.time]), state.qpos[None], state.qvel[None], state.ctrl[None])
        commands = LiveCommands.unpacked(row[None], count)
        seen, carried = control.observe(*batch, policy.commands, commands)
        action = policy.weights.act(seen)
        targets = policy.embodiment.joints.aimed(action, *batch[1:3], last=batch[3])
        carry = carried[0]
        rows = {"live": row, "observation": seen[0], "targets": targets[0], "carry": carry}
        yield _written(state) | {name: _known(values) for name, values in rows.items()}


def _old(embodiment: Embodiment) -> list[CommandSchedule]:
    """Schedules of the first version, where they are this robot's."""
    lines = OLD_FILES.read_text().splitlines()
    documents = [ScheduleDocument.model_validate_json(line) for line in lines]
    own = {setting.name for setting in embodiment.commands.settings}
    return [
        one.schedule(embodiment.commands)
        for one in documents
        if len(one.constant) == len(embodiment.commands) and own >= set(one.model_extra or {})
    ]
