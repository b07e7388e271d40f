"""Live commands over the wire: carried by the client, evaluated by the policy's server."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tabrl.contracts.wire import HEADER, PROTOCOL, Header, Hello, Kind
from tabrl.control.live.commands import LiveCommands
from tabrl.embodiments.live import live_control_of
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot, scene_sha256
from tabrl_inference.bootstrap import load_params
from tabrl_inference.limits import Limits
from tests.support.inference import random_params

PARAMS = random_params(seed=1)
ROBOT = get_robot("go1")


@pytest.fixture
async def server(start):
    """A server that runs `PARAMS`."""
    async with start(Limits(), loader=load_params) as rig:
        model = rig.models.get("mdl_a").model_copy(update={"scene_sha256": scene_sha256(ROBOT.id)})
        rig.models.rows["mdl_a"] = model
        rig.blobs.put(model.params_key, PARAMS)
        yield rig


@pytest.fixture
def row(kit):
    """A robot at home."""
    state, part = np.zeros(kit.SIZE.row), kit.SIZE.parts()
    state[part["qpos"]] = embodiment_of(ROBOT).home_qpos
    state[part["ctrl"]] = ROBOT.home
    return state


async def joined(client, protocol: int = PROTOCOL) -> dict:
    """The welcome of a client that speaks this protocol."""
    hello = Hello(model_id="mdl_a", scene_sha256=scene_sha256(ROBOT.id), protocol=protocol)
    await client.send(hello.model_dump_json())
    return json.loads(await client.recv())


def live_frame(row, live, tick: int = 0, protocol: int = PROTOCOL) -> bytes:
    header = HEADER.pack(Kind.LIVE_STATE, protocol, 0, tick, 0)
    return header + np.concatenate([row, live]).astype("<f8").tobytes()


def commands(speed: float, carry=None) -> LiveCommands:
    """Of somebody who drives ahead to a beat."""
    space = embodiment_of(ROBOT).commands
    waves = np.full((len(space), 4), np.nan)
    waves[space.column("vx")] = speed, 0.0, 0.0, 1.0
    nothing = np.full(live_control_of(ROBOT).carried, np.nan)
    return LiveCommands(np.array(1.1), np.array(0.25), waves, nothing if carry is None else carry)


async def test_the_welcome_says_what_can_be_driven(server):
    async with server.connect() as client:
        live = (await joined(client))["live"]
    space = embodiment_of(ROBOT).commands
    assert [one["name"] for one in live["channels"]] == list(space.names)
    assert live["carried"] == live_control_of(ROBOT).carried
    assert live["rhythm_hz"] == 0.0
    assert all(one["lower"] <= 0.0 <= one["upper"] for one in live["channels"])


async def test_a_carry_goes_to_the_client_and_comes_back(server, row):
    policy, control = load_policy(PARAMS), live_control_of(ROBOT)
    expected_carry, carry = np.full((1, control.carried), np.nan), None
    async with server.connect() as client:
        await joined(client)
        for tick in range(5):
            row[0] = 0.02 * tick
            await client.send(live_frame(row, commands(0.7, carry).packed(), tick))
            answer = await client.recv()
            assert Header.unpack(answer)[:4] == (Kind.LIVE_ACTION, PROTOCOL, 0, tick)
            ctrl = np.frombuffer(answer, "<f4", ROBOT.nu, HEADER.size)
            carry = np.frombuffer(answer, "<f8", offset=HEADER.size + 4 * ROBOT.nu)
            one = commands(0.7, expected_carry[0])
            live = LiveCommands(
                one.beat_hz[None], one.beat_phase[None], one.waves[None], expected_carry
            )
            time, qpos, qvel, last = (row[None, part] for part in _parts())
            seen, expected_carry = control.observe(
                time[:, 0], qpos, qvel, last, policy.commands, live
            )
            targets = policy.embodiment.joints.aimed(
                policy.weights.act(seen), qpos, qvel, last=last
            )
            np.testing.assert_allclose(ctrl, targets[0], atol=1e-6)
            np.testing.assert_allclose(carry, expected_carry[0], atol=1e-12)


def _parts():
    end = 1 + 19
    return slice(0, 1), slice(1, end), slice(end, end + 18), slice(end + 18, None)


async def test_others_of_the_same_model_are_answered_as_ever(server, kit, row):
    async with server.connect() as driven, server.connect() as other:
        await joined(driven)
        await joined(other)
        await driven.send(live_frame(row, commands(0.7).packed()))
        plain = await kit.exchange(other, row)
        assert Header.unpack(await driven.recv()).kind == Kind.LIVE_ACTION
    part = {name: row[where][None] for name, where in kit.SIZE.parts().items()}
    _, expected = load_policy(PARAMS).control(
        part["time"][0], part["qpos"], part["qvel"], part["ctrl"]
    )
    np.testing.assert_allclose(plain.ctrl, expected[0], atol=1e-6)


async def test_an_older_client_goes_on_working(server, kit, row):
    async with server.connect() as client:
        welcome = await joined(client, protocol=1)
        assert welcome["protocol"] == 1
        assert "live" not in welcome
        await client.send(kit.state_frame(row, 3, protocol=1))
        header = Header.unpack(await client.recv())
        assert (header.kind, header.protocol, header.tick) == (Kind.ACTION, 1, 3)
        await client.send(live_frame(row, commands(0.7).packed(), protocol=1))
        refusal = json.loads(await client.recv())
    assert refusal["code"] == "unknown_kind"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda row, live: live_frame(row, live[:-1]), "wrong_length"),
        (lambda row, live: live_frame(row, np.where(np.isnan(live), 1e9, live)), "out_of_range"),
        (lambda row, live: live_frame(row, live, protocol=1), "wrong_protocol"),
    ],
    ids=["short", "huge", "other protocol"],
)
async def test_what_is_no_live_state_is_refused(server, row, change, code):
    async with server.connect() as client:
        await joined(client)
        await client.send(change(row, commands(0.7).packed()))
        refusal = json.loads(await client.recv())
    assert (refusal["type"], refusal["code"]) == ("refused", code)


async def test_a_policy_that_takes_no_live_commands_says_so(rig, row):
    async with rig.connect() as client:
        await client.send(Hello(model_id="mdl_a", scene_sha256="a" * 64).model_dump_json())
        assert "live" not in json.loads(await client.recv())
        await client.send(live_frame(row, commands(0.7).packed()))
        refusal = json.loads(await client.recv())
    assert "takes no live commands" in refusal["message"]
