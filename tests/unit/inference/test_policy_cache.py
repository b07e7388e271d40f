"""The cache of policies, and what the loader makes of a params file."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import mujoco
import numpy as np
import pytest
from safetensors.numpy import load, save

from tabrl.control.policy import dump_policy, read_policy
from tabrl.domain.errors import Invalid, NotFound
from tabrl.domain.models import Model
from tabrl.robots import scene_sha256, scene_xml
from tabrl_inference.bootstrap import load_params
from tabrl_inference.frames import Dimensions
from tabrl_inference.policy_cache import LoadedPolicy, PolicyCache
from tests.support.inference import random_params
from tests.twins import MemoryBlobStore

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def model(key: str, version: int = 1) -> Model:
    return Model(
        id="mdl_a", job_id="j", task_id="t", robot="go1", scene_sha256="s", params_key=key,
        params_version=version, step=10 * version, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


class Loader:
    """Counts what it loads; `hold` keeps it from finishing."""

    def __init__(self) -> None:
        self.loaded: list[bytes] = []
        self.hold = threading.Event()
        self.hold.set()

    def __call__(self, data: bytes) -> LoadedPolicy:
        assert self.hold.wait(5)
        self.loaded.append(data)
        return LoadedPolicy(None, Dimensions(1, 1, 1), "s", data.decode(), 50)  # type: ignore[arg-type]


@pytest.fixture
def blobs() -> MemoryBlobStore:
    store = MemoryBlobStore()
    for key in "abc":
        store.put(key, key.encode())
    return store


async def test_a_policy_is_loaded_once_for_all_who_wait(blobs):
    loader = Loader()
    loader.hold.clear()
    cache = PolicyCache(blobs, loader, capacity=2)
    waiting = [asyncio.create_task(cache.snapshot(model("a"))) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # the client that asked first leaves
    loader.hold.set()
    snapshots = await asyncio.gather(*waiting[1:])
    assert loader.loaded == [b"a"]
    assert len({id(snapshot.policy) for snapshot in snapshots}) == 1
    assert (snapshots[0].params_version, snapshots[0].step) == (1, 10)


async def test_the_least_recently_used_goes_first(blobs):
    loader = Loader()
    cache = PolicyCache(blobs, loader, capacity=2)
    for key in "abac":
        await cache.snapshot(model(key))
    assert len(cache) == 2
    await cache.snapshot(model("a"))
    assert loader.loaded == [b"a", b"b", b"c"]
    await cache.snapshot(model("b"))
    assert loader.loaded == [b"a", b"b", b"c", b"b"]


async def test_a_failure_is_not_remembered(blobs):
    cache = PolicyCache(blobs, Loader(), capacity=2)
    with pytest.raises(NotFound):
        await cache.snapshot(model("late"))
    blobs.put("late", b"late")
    assert (await cache.snapshot(model("late"))).policy.program_words == "late"


def test_a_params_file_becomes_a_policy_of_its_robot():
    policy = load_params(random_params(1))
    assert policy.size == Dimensions(19, 18, 12, place=2, linear_velocity=3, live=policy.size.live)
    assert policy.scene_sha256 == scene_sha256("go1")
    assert policy.program_words == "forward 0.40 m/s"
    assert policy.control_hz == 50


def test_targets_stay_within_the_joints():
    policy = load_params(random_params(1))
    plant = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    states = np.random.default_rng(0).normal(scale=5.0, size=(64, policy.size.row))
    part = {name: states[:, where] for name, where in policy.size.parts().items()}
    with np.errstate(over="ignore"):  # swish far below zero
        _, ctrl = policy.controller.control(
            part["time"][:, 0], part["qpos"], part["qvel"], part["ctrl"]
        )
    assert (ctrl >= plant.jnt_range[1:, 0] - 1e-6).all()
    assert (ctrl <= plant.jnt_range[1:, 1] + 1e-6).all()


def _with_nan(data: bytes) -> bytes:
    header, weights = read_policy(data)
    weights.layers[0].bias[:] = np.nan
    return dump_policy(header, weights)


def _with_other_width(data: bytes) -> bytes:
    tensors = load(data)
    tensors["normalizer/mean"] = tensors["normalizer/mean"][:-1]
    header, _ = read_policy(data)
    return save(tensors, {"header": header.model_dump_json()})


@pytest.mark.parametrize(
    "spoil",
    [
        _with_nan,
        _with_other_width,
        lambda data: data[:100],
        lambda data: b"",
        lambda data: data[8:],
    ],
)
def test_a_file_that_does_not_fit_is_rejected_before_anybody_plays_it(spoil):
    with pytest.raises(Invalid) as error:
        load_params(spoil(random_params(1)))
    assert error.value.code == "bad_params"
