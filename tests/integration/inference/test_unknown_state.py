"""Clients that do not know all of their state: what they are answered by a robot's own policy."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tabrl.contracts.wire import Flags
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot, scene_sha256
from tabrl_inference.bootstrap import load_params
from tabrl_inference.limits import Limits
from tests.support.inference import random_params

PARAMS = random_params(seed=1)
BOTH = Flags.VELOCITY_UNKNOWN | Flags.PLACE_UNKNOWN


@pytest.fixture
async def player(start, kit):
    """A client of a server that runs `PARAMS`, past its handshake."""
    scene = scene_sha256("go1")
    async with start(Limits(), loader=load_params) as rig:
        model = rig.models.get("mdl_a").model_copy(update={"scene_sha256": scene})
        rig.models.rows["mdl_a"] = model
        rig.blobs.put(model.params_key, PARAMS)
        async with rig.joined(scene=scene) as client:
            yield client


@pytest.fixture
def row(kit):
    """A robot at home but for its place and its speed."""
    state, part = np.zeros(kit.SIZE.row), kit.SIZE.parts()
    state[part["qpos"]] = embodiment_of(get_robot("go1")).home_qpos
    state[part["qpos"]][:2] = 0.1, -0.05
    state[part["qvel"]][:3] = 0.4, 0.2, -0.1
    state[part["ctrl"]] = get_robot("go1").home
    return state


def targets(row, kit, flags):
    """What the policy says to a state of which a part is not known."""
    part = {name: row[where].copy() for name, where in kit.SIZE.parts().items()}
    if Flags.PLACE_UNKNOWN in flags:
        part["qpos"][:2] = np.nan
    if Flags.VELOCITY_UNKNOWN in flags:
        part["qvel"][:3] = np.nan
    _, ctrl = load_policy(PARAMS).control(
        part["time"], part["qpos"][None], part["qvel"][None], part["ctrl"][None]
    )
    return ctrl[0]


@pytest.mark.parametrize(
    "flags",
    [Flags.VELOCITY_UNKNOWN, Flags.PLACE_UNKNOWN, BOTH],
    ids=["velocity", "place", "both"],
)
async def test_the_policy_answers_to_what_is_known(player, kit, row, flags):
    known = (await kit.exchange(player, row)).ctrl
    told = (await kit.exchange(player, row, 1, flags)).ctrl
    np.testing.assert_allclose(known, targets(row, kit, Flags.NONE), atol=1e-6)
    np.testing.assert_allclose(told, targets(row, kit, flags), atol=1e-6)
    assert np.abs(told - known).max() > 1e-3
    again = (await kit.exchange(player, row, 2)).ctrl  # a flag is of its own state alone
    np.testing.assert_array_equal(again, known)


async def test_what_is_sent_of_the_unknown_makes_no_difference(player, kit, row):
    other, part = row.copy(), kit.SIZE.parts()
    other[part["qpos"]][:2] = 7.0
    other[part["qvel"]][:3] = -3.0
    told = [await kit.exchange(player, state, flags=BOTH) for state in (row, other)]
    np.testing.assert_array_equal(told[0].ctrl, told[1].ctrl)


async def test_what_is_not_read_must_be_a_number_all_the_same(player, kit, row):
    row[kit.SIZE.parts()["qvel"]][1] = np.nan
    await player.send(kit.state_frame(row, flags=Flags.VELOCITY_UNKNOWN))
    rejection = json.loads(await player.recv())
    assert (rejection["type"], rejection["code"]) == ("refused", "not_finite")
    assert "qvel[1] is nan" in rejection["message"]
