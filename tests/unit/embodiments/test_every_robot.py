"""What must hold of every robot, whatever its kind: the toys of `tests/robots` as well."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec, Statistic, describe, fault_of
from tabrl.control.checks import evaluate_checks
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import dump_policy
from tabrl.control.replay import States, rollout_of_states
from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.embodiments.lookup import export_template, page_of, state_methods_of
from tabrl.export.robot_constants import robot_constants
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot, scene_xml
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.motion_library import (
    dump_motion_library,
    load_motion_library,
    record_motion_library,
)
from tabrl.sim.reward.export import export_reward
from tabrl.sim.reward.function import load_reward
from tabrl.sim.simulator import episode
from tabrl_inference.bootstrap import load_params
from tabrl_inference.fleet import Fleets
from tests.support.made_up import made_up_params, made_up_schedule, made_up_weights

ROBOTS, STEPS = 3, 12
STRAIGHT = """
WEIGHTS = {"straight": 1.0, "calm": 0.1}

def reward(state, action):
    bent = state.joint_position() - state.default_pose()
    return {"straight": rl.gaussian(bent, 0.5), "calm": -jnp.sum(jnp.square(action))}
"""


@pytest.fixture
def embodiment(robot: Robot) -> Embodiment:
    return embodiment_of(robot)


def states(embodiment: Embodiment, count: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Times and states about the home pose."""
    rng = np.random.default_rng(seed)
    qpos = np.tile(embodiment.home_qpos, (count, 1)).astype(np.float64)
    qpos[:, embodiment.skeleton.root[0] :] += rng.normal(
        scale=0.2, size=(count, embodiment.robot.nu)
    )
    qvel = rng.normal(scale=0.3, size=(count, embodiment.nv))
    ctrl = embodiment.joints.home + rng.normal(scale=0.1, size=(count, embodiment.robot.nu))
    return rng.uniform(0.0, 8.0, count), qpos, qvel, ctrl


def test_names_say_what_is_where(robot: Robot, embodiment: Embodiment) -> None:
    time, qpos, qvel, ctrl = states(embodiment, 4)
    commands = StagedCommands.stack([made_up_schedule(robot)] * 4)
    features = embodiment.command_features(time, commands)
    assert features.shape == (4, len(embodiment.features))
    command = features[:, embodiment.features["command"]]
    np.testing.assert_array_equal(command, commands.at(time).command(time))
    observation = embodiment.observe(time, qpos, qvel, ctrl, commands)
    assert observation.shape == (4, len(embodiment.observation))
    assert observation.dtype == np.float32
    seen = observation[:, embodiment.observation["command"]]
    np.testing.assert_allclose(seen, command, atol=1e-6)


def test_numpy_and_jax_observe_the_same(robot: Robot, embodiment: Embodiment) -> None:
    time, qpos, qvel, ctrl = (np.float32(part) for part in states(embodiment, 4))
    commands = CommandBatch.stack([made_up_schedule(robot).stages[0]] * 4)
    mine = embodiment.observe(time, qpos, qvel, ctrl, commands)
    on_device = commands.map(jnp.asarray)
    its = embodiment.observe(time, qpos, qvel, ctrl, on_device, xp=jnp)
    np.testing.assert_allclose(mine, its, atol=2e-5)


def test_a_rollout_holds_what_its_schema_says(robot: Robot, embodiment: Embodiment) -> None:
    differences = RobotDifferences.of_training(embodiment, ROBOTS, 0)
    simulator = CpuSimulator(robot, ROBOTS, differences=differences)
    weights = made_up_weights(robot)
    schedules = StagedCommands.stack([made_up_schedule(robot)] * ROBOTS)
    simulator.reset(schedules, EpisodeConfig(push_every_s=0.1, push_speed=0.3), 0)
    run = simulator.rollout(weights.act, STEPS)
    shapes = {name: field.shape[2:] for name, field in run.rollout.fields.items()}
    assert shapes == embodiment.schema
    assert all(np.isfinite(field).all() for field in run.rollout.fields.values())
    assert embodiment.failures(run.rollout).shape == (STEPS, ROBOTS)


def test_a_rollout_of_logged_states_is_the_simulators(robot: Robot, embodiment: Embodiment) -> None:
    model = mujoco.MjModel.from_xml_string(scene_xml(robot.id).decode())
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    rows = []
    for tick in range(STEPS):
        action = 0.1 * np.sin(tick + np.arange(robot.nu))
        data.ctrl[:] = embodiment.joints.aimed(action, data.qpos, data.qvel, last=data.ctrl)
        rows.append([part.copy() for part in (data.qpos, data.qvel, data.ctrl)])
        mujoco.mj_step(model, data, 2)
    qpos, qvel, ctrl = (np.array(part) for part in zip(*rows, strict=True))
    rollout = rollout_of_states(
        model, embodiment, States(0.02 * np.arange(STEPS), qpos, qvel, ctrl)
    )
    assert {name: field.shape[2:] for name, field in rollout.fields.items()} == embodiment.schema
    ends = embodiment.skeleton.pose(qpos[1:].astype(np.float32), qvel[1:].astype(np.float32))
    np.testing.assert_allclose(rollout.body_position[:, 0], ends.body_position, atol=1e-5)


def test_every_quantity_can_be_measured(robot: Robot, embodiment: Embodiment) -> None:
    simulator = CpuSimulator(robot, ROBOTS)
    schedules = CommandBatch.neutral(embodiment.commands, ROBOTS)
    rollout = episode(simulator, schedules, made_up_weights(robot).act, 1.0).rollout
    for info in embodiment.catalogue.infos():
        for part in {info.parts[0] if info.part_required else None, *info.parts[-1:]}:
            check = CheckSpec(
                id="any", quantity=info.name, statistic=Statistic.MEAN, part=part,
                start_s=0.0, end_s=1.0, at_least=0.0,
            )  # fmt: skip
            assert fault_of(check, embodiment.catalogue, 1.0) is None, info.name
            assert np.isfinite(evaluate_checks([check], rollout.fields, embodiment)), info.name
            assert describe(check, embodiment.catalogue).name
    unknown = CheckSpec(id="any", quantity="no_such", statistic=Statistic.MEAN, at_least=0.0)
    assert "no quantity 'no_such'" in str(fault_of(unknown, embodiment.catalogue, 1.0))


def test_rewards_read_the_state_of_its_kind(robot: Robot, embodiment: Embodiment) -> None:
    exported = export_reward(STRAIGHT, robot)
    simulator = CpuSimulator(robot, ROBOTS)
    schedules = CommandBatch.neutral(embodiment.commands, ROBOTS)
    rollout = episode(simulator, schedules, made_up_weights(robot).act, 0.4).rollout
    terms = np.asarray(load_reward(exported.blob)(rollout.flat()))
    calm, straight = terms.T
    np.testing.assert_allclose(calm, -np.square(rollout.flat()["action"]).sum(-1), rtol=1e-5)
    assert ((straight > 0.0) & (straight <= 1.0)).all()
    methods = {name for name in dir(embodiment.reward_state) if not name.startswith("_")}
    assert methods == set(state_methods_of(robot))
    with pytest.raises(RewardError, match=f"not part of the contract for a {robot.embodiment}"):
        export_reward(STRAIGHT.replace("default_pose", "wing_span"), robot)


def test_its_motion_library_is_recorded_kept_and_read(robot: Robot, embodiment: Embodiment) -> None:
    library = record_motion_library(robot, made_up_weights(robot).act)
    again = load_motion_library(dump_motion_library(library))
    assert again.clips == library.clips
    assert again.schedules == library.schedules
    assert set(embodiment.recipes) < set(library.clips)
    assert again.qpos.shape[2] == embodiment.nq


def test_its_policy_is_kept_and_read(robot: Robot, embodiment: Embodiment) -> None:
    schedule = made_up_schedule(robot)
    data = made_up_params(robot, schedule)
    policy = load_policy(data)
    assert policy.schedule == schedule
    assert dump_policy(policy.header, policy.weights) == data
    other = {**policy.header.program.model_dump(), "constant": (0.0,) * 99}
    damaged = policy.header.model_copy(update={"program": ScheduleDocument.model_validate(other)})
    with pytest.raises(Invalid) as error:
        load_policy(dump_policy(damaged, policy.weights))
    assert error.value.code == "bad_params"


def test_inference_answers_and_the_exported_program_says_the_same(
    robot: Robot, embodiment: Embodiment, tmp_path: Path
) -> None:
    data = made_up_params(robot, made_up_schedule(robot))
    loaded = load_params(data)
    assert (loaded.size.nq, loaded.size.nv, loaded.size.nu) == (
        embodiment.nq, embodiment.nv, robot.nu,
    )  # fmt: skip
    (tmp_path / "observe.py").write_bytes(export_template(robot))
    observer = runpy.run_path(str(tmp_path / "observe.py"))["observer"]
    policy = load_policy(data)
    constants = json.loads(json.dumps(robot_constants(embodiment)))
    observe = observer(policy.header.program.model_dump(mode="json"), constants)
    time, qpos, qvel, ctrl = states(embodiment, 6)
    action, targets = loaded.controller.control(time, qpos, qvel, ctrl)
    for row in range(6):
        seen = observe(time[row], qpos[row], qvel[row], ctrl[row])
        mine = policy.weights.act(np.float32(seen)[None])[0]
        np.testing.assert_allclose(mine, action[row], rtol=0, atol=1e-5)
    assert targets.shape == (6, robot.nu)


def test_policies_answered_together_say_what_each_says_alone(
    robot: Robot, embodiment: Embodiment
) -> None:
    staged = [made_up_schedule(robot, seed) for seed in (0, 1)]
    plain = [*staged[0].stages, CommandSchedule.neutral(embodiment.commands)]
    fleets = Fleets()
    for schedules in (plain, staged):
        policies = [
            load_policy(made_up_params(robot, one, seed)) for seed, one in enumerate(schedules)
        ]
        fleet = fleets.of(policies[0])
        assert all(fleets.of(policy) is fleet for policy in policies)
        counts = [1, 3, 2][: len(policies)]
        time, qpos, qvel, ctrl = states(embodiment, sum(counts))
        for order in (policies, policies[::-1]):  # known by then, and in another order
            together = fleet.control(order, counts, time, qpos, qvel, ctrl)
            end = 0
            for policy, count in zip(order, counts, strict=True):
                rows = slice(end, end := end + count)
                _, alone = policy.control(time[rows], qpos[rows], qvel[rows], ctrl[rows])
                np.testing.assert_allclose(together[rows], alone, rtol=1e-5, atol=1e-6)


def test_a_schedule_can_be_told_in_words(robot: Robot, embodiment: Embodiment) -> None:
    for channel in embodiment.commands.channels:
        asked = CommandSchedule.asking(embodiment.commands, **{channel.name: channel.upper})
        assert channel.positive in asked.in_words()
        assert asked.wave(channel.name).constant == channel.upper


def test_the_page_knows_how_to_show_it(robot: Robot) -> None:
    page = page_of(robot)
    assert page.embodiment == robot.embodiment
    assert page.camera.distance_m > robot.characteristic_length
    assert page.readouts
