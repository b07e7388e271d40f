"""Params files: the numpy forward pass is the trained network, and nothing diverged is accepted."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
import pytest
from safetensors.numpy import load, save

from tabrl.control.commands import CommandBatch, CommandSchedule
from tabrl.control.observation import (
    OBSERVATION_VERSION,
    Joints,
    build_observation,
    observation_size,
)
from tabrl.control.policy import PolicyHeader, dump_policy, load_policy
from tabrl.control.rotation import Array
from tabrl.domain.errors import Invalid
from tabrl.robots import scene_sha256
from tabrl.sim.learning.networks import policy_weights
from tests.support.engine import GO1, fresh_state, small_learner
from tests.support.inference import random_params

HEADER = PolicyHeader(
    robot="go1",
    scene_sha256=scene_sha256("go1"),
    program=CommandSchedule.asking(vx=0.4, pitch=0.1, beat_frequency=1.3),
    step=77,
)


def test_the_forward_pass_is_the_networks_mode() -> None:
    networks, rng = small_learner().networks, np.random.default_rng(0)
    state, size = fresh_state(1), observation_size(GO1)
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


def test_a_file_keeps_header_and_weights_exactly() -> None:
    weights = load_policy(random_params(3)).weights
    loaded = load_policy(dump_policy(HEADER, weights))
    assert loaded.header == HEADER
    assert loaded.schedule == HEADER.schedule
    assert len(loaded.weights.layers) == len(weights.layers)
    np.testing.assert_array_equal(loaded.weights.std, weights.std)
    for ours, theirs in zip(loaded.weights.layers, weights.layers, strict=True):
        np.testing.assert_array_equal(ours.kernel, theirs.kernel)
        np.testing.assert_array_equal(ours.bias, theirs.bias)


def test_equal_policies_are_equal_files() -> None:
    weights = load_policy(random_params(3)).weights
    assert len({dump_policy(HEADER, weights) for _ in range(8)}) == 1


def test_control_is_observe_act_and_aim() -> None:
    policy, joints = load_policy(random_params(4)), Joints.of(GO1)
    rng = np.random.default_rng(0)
    time, qpos = np.array([0.5, 2.0]), rng.normal(size=(2, 19))
    qvel, ctrl = rng.normal(size=(2, 18)), np.tile(joints.home, (2, 1))
    action, targets = policy.control(time, qpos, qvel, ctrl)
    schedules = CommandBatch.stack([policy.schedule])
    observation = build_observation(time, qpos, qvel, ctrl, schedules, joints)
    np.testing.assert_array_equal(action, policy.weights.act(observation))
    np.testing.assert_array_equal(targets, joints.targets(action))


def _rewritten(
    data: bytes,
    tensors: Callable[[dict[str, np.ndarray]], object] = lambda tensors: None,
    **metadata: str,
) -> bytes:
    arrays = load(data)
    tensors(arrays)
    known = {"header": HEADER.model_dump_json()}
    return save(arrays, known | metadata)


GOOD = random_params(0)
NEXT_VERSION = HEADER.model_copy(update={"observation_version": OBSERVATION_VERSION + 1})
OTHER_FORMAT = HEADER.model_copy(update={"format": "tabrl-policy/0"})
UNKNOWN_ROBOT = HEADER.model_copy(update={"robot": "rex"})
BROKEN = {
    "empty": b"",
    "no safetensors": b"PK\x03\x04 not a params file, but long enough to have a length",
    "truncated header": GOOD[:40],
    "truncated tensors": GOOD[:-10],
    "without metadata": save(load(GOOD)),
    "another format": _rewritten(GOOD, header=OTHER_FORMAT.model_dump_json()),
    "another observation": _rewritten(GOOD, header=NEXT_VERSION.model_dump_json()),
    "an unknown robot": _rewritten(GOOD, header=UNKNOWN_ROBOT.model_dump_json()),
    "a header that is no header": _rewritten(GOOD, header='{"robot": 1}'),
    "a header that is no JSON": _rewritten(GOOD, header="go1"),
    "no kernel": _rewritten(GOOD, lambda arrays: arrays.pop("policy/0/kernel")),
    "no bias": _rewritten(GOOD, lambda arrays: arrays.pop("policy/0/bias")),
    "no normaliser": _rewritten(GOOD, lambda arrays: arrays.pop("normalizer/std")),
    "no last layer": _rewritten(
        GOOD, lambda arrays: (arrays.pop("policy/1/kernel"), arrays.pop("policy/1/bias"))
    ),
    "layers that do not fit": _rewritten(
        GOOD, lambda arrays: arrays.update({"policy/1/kernel": np.zeros((5, 12), np.float32)})
    ),
    "double precision": _rewritten(
        GOOD, lambda arrays: arrays.update({"policy/0/bias": np.zeros(32, np.float64)})
    ),
    "tensors of something else": save({"weight": np.zeros((2, 2), np.float32)}, {"format": "pt"}),
}


def test_the_file_that_is_broken_below_is_good() -> None:
    assert load_policy(_rewritten(GOOD)).header == HEADER


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        load_policy(data)
    assert caught.value.code == "bad_params"
