"""The examples that robots come with: what a page shows before anything was taught."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.domain.models import BuiltIn, Model, built_in
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot, list_robots, scene_sha256
from tabrl_trainer.pretrained import (
    POLICY,
    example_policy,
    load_pretrained,
    packaged_folder,
    seed_blobs,
)
from tests.twins import MemoryBlobStore

# Those that the project ships a pretrained policy for.
ROBOTS = [one.id for one in list_robots() if packaged_folder(one.id).joinpath(POLICY).is_file()]


@pytest.mark.parametrize("robot_id", ROBOTS)
def test_every_robot_has_an_example_that_asks_for_something(robot_id: str) -> None:
    pretrained = load_pretrained(robot_id).policy
    data = example_policy(robot_id, pretrained)
    assert data is not None
    policy, base = load_policy(data), load_policy(pretrained)
    assert policy.header.model_copy(update={"program": base.header.program}) == base.header
    schedule = policy.header.program.schedule(embodiment_of(get_robot(robot_id)).commands)
    assert schedule.in_words() != base.schedule.in_words()
    for mine, theirs in zip(policy.weights.layers, base.weights.layers, strict=True):
        np.testing.assert_array_equal(mine.kernel, theirs.kernel)


def test_the_trainer_puts_them_where_inference_looks() -> None:
    blobs = MemoryBlobStore()
    seed_blobs(blobs)
    for robot_id in ROBOTS:
        for kind in BuiltIn:
            model = built_in(kind.model_id(robot_id), scene_sha256)
            assert model is not None
            header = load_policy(blobs.get(model.params_key)).header
            assert (header.robot, header.scene_sha256) == (robot_id, model.scene_sha256)


def test_other_models_are_none_of_them() -> None:
    for model_id in ("mdl_x7c2q4mzk3hf5wpa", "example", "pretrained", "other-thing"):
        assert built_in(model_id, scene_sha256) is None
    assert Model.base_params_key("r") != Model.example_params_key("r")
