"""Params files: the numpy forward pass is the trained network, and nothing diverged is accepted."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import jax
import numpy as np
import pytest
from safetensors.numpy import load, save

from tabrl.control.arrays import Array
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import (
    OBSERVATION_VERSION,
    PolicyHeader,
    PolicyWeights,
    dump_policy,
    read_policy,
)
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import Robot, scene_sha256
from tabrl.sim.learning.networks import policy_weights
from tests.support.engine import GO1, fresh_state, random_programs, small_learner
from tests.support.inference import random_params
from tests.support.robots import ROBOTS

PRETRAINED = files("tabrl_trainer.pretrained_policies")
SHIPPED = [robot for robot in ROBOTS if PRETRAINED.joinpath(robot.id).is_dir()]


def header(robot: Robot, schedule: CommandSchedule | None = None) -> PolicyHeader:
    """The header of a policy that was trained for a random schedule."""
    schedule = schedule or random_programs(1, 6, robot).single(0)
    return PolicyHeader(
        robot=robot.id,
        scene_sha256=scene_sha256(robot.id),
        program=ScheduleDocument.of(schedule),
        step=77,
    )


def weights_for(robot: Robot, seed: int = 3) -> PolicyWeights:
    return read_policy(random_params(seed, robot=robot))[1]


def test_the_forward_pass_is_the_networks_mode() -> None:
    networks, rng = small_learner().networks, np.random.default_rng(0)
    state, size = fresh_state(1), len(embodiment_of(GO1).observation)
    shaken = jax.tree.map(
        lambda x: np.asarray(x) + 0.05 * rng.normal(size=x.shape).astype(np.float32),
        state.params.policy,
    )
    normalizer = state.normalizer.replace(
        mean=rng.normal(size=size).astype(np.float32),
        std=rng.uniform(0.5, 3.0, size).astype(np.float32),
    )
    observation = rng.normal(scale=3.0, size=(16, size)).astype(np.float32)

    @jax.jit
    def compiled(observation: Array) -> Array:
        logits = networks.policy_network.apply(normalizer, shaken, observation)
        return networks.parametric_action_distribution.mode(logits)

    mode = compiled(observation)
    ours = policy_weights(shaken, normalizer).act(observation)
    assert np.abs(ours).max() > 0.1  # or everything would agree
    np.testing.assert_allclose(ours, np.asarray(mode), atol=1e-5, rtol=1e-5)


def test_a_file_keeps_header_and_weights_exactly(embodiment: Embodiment) -> None:
    robot = embodiment.robot
    weights, told = weights_for(robot), header(robot)
    loaded = load_policy(dump_policy(told, weights))
    assert loaded.header == told
    assert loaded.schedule == told.program.schedule(embodiment.commands)
    assert len(loaded.weights.layers) == len(weights.layers)
    np.testing.assert_array_equal(loaded.weights.std, weights.std)
    for ours, theirs in zip(loaded.weights.layers, weights.layers, strict=True):
        np.testing.assert_array_equal(ours.kernel, theirs.kernel)
        np.testing.assert_array_equal(ours.bias, theirs.bias)


@pytest.mark.parametrize("robot", SHIPPED, ids=lambda robot: robot.id)
def test_a_shipped_policy_is_written_again_byte_for_byte(robot: Robot) -> None:
    data = PRETRAINED.joinpath(robot.id).joinpath("policy.safetensors").read_bytes()
    policy = load_policy(data)
    assert policy.header.robot == robot.id
    assert dump_policy(policy.header, policy.weights) == data
    again = policy.header.model_copy(update={"program": ScheduleDocument.of(policy.schedule)})
    assert dump_policy(again, policy.weights) == data


def test_equal_policies_are_equal_files(robot: Robot) -> None:
    weights, told = weights_for(robot), header(robot)
    assert len({dump_policy(told, weights) for _ in range(8)}) == 1


def test_control_is_observe_act_and_aim(embodiment: Embodiment) -> None:
    policy, joints = load_policy(random_params(4, robot=embodiment.robot)), embodiment.joints
    rng = np.random.default_rng(0)
    time, qpos = np.array([0.5, 2.0]), rng.normal(size=(2, embodiment.nq))
    qvel, ctrl = rng.normal(size=(2, embodiment.nv)), np.tile(joints.home, (2, 1))
    action, targets = policy.control(time, qpos, qvel, ctrl)
    schedules = CommandBatch.stack([policy.schedule], np.float64)
    observation = embodiment.observe(time, qpos, qvel, ctrl, schedules)
    np.testing.assert_array_equal(action, policy.weights.act(observation))
    np.testing.assert_array_equal(targets, joints.aimed(action, qpos, qvel, last=ctrl))


def test_a_file_keeps_its_stages_and_follows_them(embodiment: Embodiment) -> None:
    robot = embodiment.robot
    first, second = (random_programs(2, 9, robot).single(i) for i in range(2))
    two = CommandSchedule.sequence([first, second], (4.0, 2.5))
    weights = weights_for(robot)
    policy = load_policy(dump_policy(header(robot, two), weights))
    assert policy.schedule == two
    time = np.array([3.98, 4.0, 199 * CONTROL_DT + CONTROL_DT, 6.5])
    qpos, qvel = np.tile(embodiment.home_qpos, (4, 1)), np.zeros((4, embodiment.nv))
    ctrl = np.tile(embodiment.joints.home, (4, 1))
    action, _ = policy.control(time, qpos, qvel, ctrl)
    staged = StagedCommands.stack([two] * 4)
    expected = weights.act(embodiment.observe(time, qpos, qvel, ctrl, staged))
    np.testing.assert_allclose(action, expected, atol=1e-6)
    assert np.abs(action[1] - action[0]).max() > 1e-3


Change = Callable[[PolicyHeader], PolicyHeader | str]


def _rewritten(
    robot: Robot,
    tensors: Callable[[dict[str, np.ndarray]], object] = lambda tensors: None,
    change: Change = lambda told: told,
) -> bytes:
    arrays = load(random_params(0, robot=robot))
    tensors(arrays)
    changed = change(header(robot))
    text = changed if isinstance(changed, str) else changed.model_dump_json()
    return save(arrays, {"header": text})


def _with(**changes: object) -> Callable[[Robot], bytes]:
    """The file with another header."""
    return lambda robot: _rewritten(robot, change=lambda told: told.model_copy(update=changes))


def _said(text: str) -> Callable[[Robot], bytes]:
    """The file with another text for its header."""
    return lambda robot: _rewritten(robot, change=lambda _: text)


def _without(*names: str) -> Callable[[Robot], bytes]:
    """The file without some tensors."""
    return lambda robot: _rewritten(robot, lambda arrays: [arrays.pop(name) for name in names])


def _put(name: str, tensor: np.ndarray) -> Callable[[Robot], bytes]:
    """The file with another tensor."""
    return lambda robot: _rewritten(robot, lambda arrays: arrays.update({name: tensor}))


OTHER_PROGRAM = ScheduleDocument(constant=(0.0,), amplitude=(0.0,), phase=(0.0,))
NO_ZIP = b"PK\x03\x04 not a params file, but long enough to have a length"
BROKEN: dict[str, Callable[[Robot], bytes]] = {
    "empty": lambda _: b"",
    "no safetensors": lambda _: NO_ZIP,
    "truncated header": lambda robot: random_params(0, robot=robot)[:40],
    "truncated tensors": lambda robot: random_params(0, robot=robot)[:-10],
    "without metadata": lambda robot: save(load(random_params(0, robot=robot))),
    "another format": _with(format="tabrl-policy/0"),
    "another observation": _with(observation_version=OBSERVATION_VERSION + 1),
    "an unknown robot": _with(robot="rex"),
    "a schedule of another robot": _with(program=OTHER_PROGRAM),
    "a header that is no header": _said('{"robot": 1}'),
    "a header that is no JSON": _said("{robot}"),
    "no kernel": _without("policy/0/kernel"),
    "no bias": _without("policy/0/bias"),
    "no normaliser": _without("normalizer/std"),
    "no last layer": _without("policy/1/kernel", "policy/1/bias"),
    "layers that do not fit": _put("policy/1/kernel", np.zeros((5, 12), np.float32)),
    "double precision": _put("policy/0/bias", np.zeros(32, np.float64)),
    "tensors of something else": lambda _: save(
        {"weight": np.zeros((2, 2), np.float32)}, {"format": "pt"}
    ),
}


def test_the_file_that_is_broken_below_is_good(robot: Robot) -> None:
    assert load_policy(_rewritten(robot)).header == header(robot)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused(robot: Robot, broken: Callable[[Robot], bytes]) -> None:
    with pytest.raises(Invalid) as caught:
        load_policy(broken(robot))
    assert caught.value.code == "bad_params"
