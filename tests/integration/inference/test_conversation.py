"""Real clients on a real socket: handshake, answers, swaps, batches."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from tabrl.contracts.wire import HEADER, PROTOCOL, Hello, Kind
from tabrl_inference.limits import Limits
from tabrl_inference.step_log import JsonlStepLog


async def test_welcome_tells_the_sizes(rig, kit):
    async with rig.connect() as client:
        await client.send(Hello(model_id="mdl_a", scene_sha256=kit.SCENE).model_dump_json())
        assert json.loads(await client.recv()) == {
            "type": "welcome",
            "protocol": PROTOCOL,
            "model_id": "mdl_a",
            "params_version": 0,
            "nq": 19,
            "nv": 18,
            "nu": 12,
            "control_hz": 50,
        }


async def test_every_state_is_answered_by_its_action(rig, kit):
    async with rig.joined() as client:
        for tick in (0, 1, 2**32 - 1):
            row = kit.random_row(tick)
            got = await kit.exchange(client, row, tick)
            assert (got.header.kind, got.header.protocol) == (Kind.ACTION, PROTOCOL)
            assert (got.header.tick, got.header.params_version) == (tick, 0)
            np.testing.assert_array_equal(got.ctrl, kit.answer(row, gain=2.0))


async def test_states_sent_ahead_are_all_answered_in_order(rig, kit):
    rows = [kit.random_row(seed) for seed in range(40)]
    async with rig.joined() as client:
        for tick, row in enumerate(rows):
            await client.send(kit.state_frame(row, tick))
        for tick, row in enumerate(rows):
            frame = await client.recv()
            assert HEADER.unpack_from(frame)[3] == tick
            np.testing.assert_array_equal(
                np.frombuffer(frame, "<f4", offset=HEADER.size), kit.answer(row, 2.0)
            )


async def test_a_newer_snapshot_takes_over_without_a_reconnect(rig, kit):
    row = kit.random_row(1)
    async with rig.joined() as client:
        assert (await kit.exchange(client, row)).header.params_version == 0
        assert rig.publish(gain=3.0) == 1
        async with asyncio.timeout(5):  # the notice comes by itself, also to a paused client
            notice = json.loads(await client.recv())
        assert notice == {
            "type": "snapshot",
            "params_version": 1,
            "step": 1,
            "program_words": "gain 3.0",
        }
        got = await kit.exchange(client, row, 7)
        assert got.header.params_version == 1
        np.testing.assert_array_equal(got.ctrl, kit.answer(row, gain=3.0))
    assert rig.value("tabrl_inference_swaps_total") == 1


async def test_the_version_in_an_action_is_of_the_parameters_that_made_it(rig, kit):
    gains = [2.0, 3.0, 4.0, 5.0]
    row = kit.random_row(5)
    seen = set()
    async with rig.joined() as client:
        for version in range(4):
            if version:
                rig.publish(gains[version])
            async with asyncio.timeout(5):
                while True:
                    got = await kit.exchange(client, row)
                    played = got.header.params_version
                    np.testing.assert_array_equal(got.ctrl, kit.answer(row, gains[played]))
                    seen.add(played)
                    if played == version:
                        break
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize("broken", ["store", "scene"])
async def test_a_snapshot_that_cannot_be_read_leaves_the_old_one_playing(rig, kit, broken):
    row = kit.random_row(2)
    async with rig.joined() as client:
        if broken == "store":
            rig.blobs.broken = True
            rig.publish(gain=3.0)
        else:
            rig.publish(gain=3.0, scene="b" * 64)
        async with asyncio.timeout(5):
            while rig.value("tabrl_inference_poll_failures_total") < 2:  # and it goes on trying
                got = await kit.exchange(client, row)
                assert got.header.params_version == 0
        if broken == "store":
            rig.blobs.broken = False
        else:
            rig.publish(gain=3.0)
        async with asyncio.timeout(5):
            while got.header.params_version == 0:
                got = await kit.exchange(client, row)
        np.testing.assert_array_equal(got.ctrl, kit.answer(row, gain=3.0))


async def test_a_model_that_is_deleted_plays_on_for_those_who_have_it(rig, kit):
    async with rig.joined() as client:
        del rig.models.rows["mdl_a"]
        await asyncio.sleep(0.1)
        assert (await kit.exchange(client, kit.random_row(0))).header.params_version == 0


async def test_twenty_clients_get_the_answers_of_one(start, kit):
    async with start(Limits(batch_window_s=0.02)) as rig:
        rig.add_model("mdl_b", gain=7.0)

        async def play(seed: int) -> None:
            model, gain = ("mdl_a", 2.0) if seed % 2 else ("mdl_b", 7.0)
            async with rig.joined(model) as client:
                await gate.wait()
                for tick in range(10):
                    row = kit.random_row(100 * seed + tick)
                    got = await kit.exchange(client, row, tick)
                    assert got.header.tick == tick
                    np.testing.assert_array_equal(got.ctrl, kit.answer(row, gain))

        gate = asyncio.Barrier(20)
        async with asyncio.TaskGroup() as tasks:
            for seed in range(20):
                tasks.create_task(play(seed))
        passes = rig.value("tabrl_inference_batch_rows_count")
        assert rig.value("tabrl_inference_batch_rows_sum") == 200
        assert passes < 150, "states of several clients were never answered together"
        assert rig.blobs.reads.count("base/mdl_a") == 1  # loaded once for all of them
        async with asyncio.timeout(5):
            while rig.value("tabrl_inference_clients"):
                await asyncio.sleep(0.01)


async def test_clients_beside_a_bad_one_notice_nothing(start, kit):
    async with start(Limits(batch_window_s=0.02)) as rig, rig.joined() as good, rig.joined() as bad:
        row, raising = kit.random_row(0), kit.random_row(1)
        raising[1] = 666.0  # the policy raises for the whole batch
        answers = await asyncio.gather(
            kit.exchange(good, row), kit.exchange(bad, raising), return_exceptions=True
        )
        np.testing.assert_array_equal(answers[0].ctrl, kit.answer(row, 2.0))
        assert json.loads(await _last_text(rig, kit, bad, answers[1]))["code"] == "out_of_range"
        for tick in range(3):
            got = await kit.exchange(good, row, tick)
            np.testing.assert_array_equal(got.ctrl, kit.answer(row, 2.0))


async def _last_text(rig, kit, client, answer) -> str:
    """The rejection that the bad client was sent before it was cut off."""
    assert isinstance(answer, ConnectionClosed)
    assert answer.rcvd.reason == "out_of_range"
    async with rig.joined() as again:
        raising = kit.random_row(1)
        raising[1] = 666.0
        await again.send(kit.state_frame(raising))
        return await again.recv()


async def test_tick_log_holds_what_was_sent_both_ways(start, kit, tmp_path):
    path = tmp_path / "logs" / "ticks.jsonl"
    row = kit.random_row(3)
    async with (
        start(Limits(), step_log=JsonlStepLog(path)) as rig,
        rig.joined() as first,
        rig.joined() as second,
    ):
        got = await kit.exchange(first, row, 5)
        await kit.exchange(second, row, 6)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["tick"] for line in lines] == [5, 6]
    assert lines[0]["connection"] != lines[1]["connection"]
    part = kit.SIZE.parts()
    assert lines[0]["model_id"] == "mdl_a"
    assert [lines[0]["time"]] == row[part["time"]].tolist()
    for name, key in (("qpos", "qpos"), ("qvel", "qvel"), ("ctrl", "ctrl_in")):
        assert lines[0][key] == row[part[name]].tolist()  # bit for bit
    assert lines[0]["ctrl_out"] == got.ctrl.tolist()


async def test_a_stopping_server_says_so(start, kit):
    async with start(Limits()) as rig:
        client = await rig.connect()
        await client.send(Hello(model_id="mdl_a", scene_sha256=kit.SCENE).model_dump_json())
        await client.recv()
    with pytest.raises(ConnectionClosed) as closed:
        await client.recv()
    assert closed.value.rcvd.code == 1001
