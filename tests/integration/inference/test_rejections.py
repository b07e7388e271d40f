"""Every way to be rejected: with a code, a sentence, and no harm to others."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import NoReturn

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tabrl.adapters.settings import Settings
from tabrl.contracts.wire import HEADER, PROTOCOL, Hello
from tabrl_inference.limits import Limits


async def rejected(rig, client, code: str) -> tuple[str, int]:
    """Read the rejection; returns its message and the close code."""
    rejection = json.loads(await client.recv())
    assert (rejection["type"], rejection["code"]) == ("refused", code)
    with pytest.raises(ConnectionClosed) as closed:
        await client.recv()
    assert closed.value.rcvd.reason == code
    assert rig.rejections(code) == 1
    assert rig.value("tabrl_inference_clients") == 0
    return rejection["message"], closed.value.rcvd.code


def hello(scene: str = "a" * 64, model: str = "mdl_a", **more: object) -> str:
    return json.dumps(
        {"type": "hello", "protocol": PROTOCOL, "model_id": model, "scene_sha256": scene, **more}
    )


@pytest.mark.parametrize(
    ("path_model", "message", "code"),
    [
        ("mdl_x", hello(model="mdl_x"), "unknown_model"),
        ("mdl_a", hello(model="mdl_b"), "wrong_model"),
        ("mdl_a", hello(scene="c" * 64), "wrong_scene"),
        ("mdl_a", hello(protocol=PROTOCOL + 1), "wrong_protocol"),
        ("mdl_a", "how do you do", "bad_hello"),
        ("mdl_a", "[]", "bad_hello"),
        ("mdl_a", hello(extra=1), "bad_hello"),
        ("mdl_a", json.dumps({"type": "hello"}), "bad_hello"),
        ("mdl_a", b"\x01" * 416, "hello_expected"),
        ("mdl_a", "x" * 20_000, "frame_too_large"),
    ],
)
async def test_hello(rig, path_model, message, code):
    async with rig.connect(path_model) as client:
        await client.send(message)
        text, _ = await rejected(rig, client, code)
        assert "x" * 50 not in text, "a rejection does not repeat what the client sent"


async def test_hello_that_never_comes(start):
    async with start(Limits(hello_timeout_s=0.05)) as rig, rig.connect() as client:
        await rejected(rig, client, "hello_timeout")


async def test_silence_is_ended_politely(start, kit):
    async with start(Limits(idle_timeout_s=0.2)) as rig:
        async with rig.joined() as client:
            await kit.exchange(client, kit.random_row(0))
            _, close_code = await rejected(rig, client, "idle")
        assert close_code == 1000


async def test_parameters_that_are_gone(rig):
    rig.blobs.data.clear()
    async with rig.connect() as client:
        await client.send(hello())
        _, close_code = await rejected(rig, client, "model_unavailable")
    assert close_code == 1013  # try again later


async def test_more_clients_than_it_takes(start):
    async with start(Limits(clients=1)) as rig, rig.joined(), rig.connect() as second:
        await second.send(hello())
        rejection = json.loads(await second.recv())
        assert rejection["code"] == "too_many_clients"


@pytest.mark.parametrize(
    ("frame", "code", "says"),
    [
        ("state as text", "binary_expected", "binary"),
        (b"", "wrong_length", "0 bytes"),
        (b"\x01\x01", "wrong_length", "416"),
        ("half", "wrong_length", "208 bytes"),
        ("long", "wrong_length", "424 bytes"),
        ("kind 2", "unknown_kind", "kind 2"),
        ("kind 9", "unknown_kind", "kind 9"),
        ("protocol 9", "wrong_protocol", "protocol 9"),
        (b"\x01\x01" + bytes(20_000), "frame_too_large", "20002 bytes"),
    ],
)
async def test_frame(rig, kit, frame, code, says):
    whole = kit.state_frame(kit.random_row(0))
    special = {
        "half": whole[: len(whole) // 2],
        "long": whole + bytes(8),
        "kind 2": kit.state_frame(kit.random_row(0), kind=2),
        "kind 9": kit.state_frame(kit.random_row(0), kind=9),
        "protocol 9": kit.state_frame(kit.random_row(0), protocol=9),
    }
    async with rig.joined() as client:
        await client.send(special.get(frame, frame))
        message, _ = await rejected(rig, client, code)
        assert says in message


@pytest.mark.parametrize(
    ("index", "value", "code", "says"),
    [
        (0, np.nan, "not_finite", "time[0] is nan"),
        (1, np.nan, "not_finite", "qpos[0] is nan"),
        (19, np.inf, "not_finite", "qpos[18] is inf"),
        (20, -np.inf, "not_finite", "qvel[0] is -inf"),
        (49, np.nan, "not_finite", "ctrl[11] is nan"),
        (5, 1e300, "out_of_range", "qpos[4] is 1e+300"),
        (1, 999.0, "out_of_range", "no finite action"),  # the policy answers NaN
    ],
)
async def test_values(rig, kit, index, value, code, says):
    row = kit.random_row(0)
    row[index] = value
    async with rig.joined() as client:
        await client.send(kit.state_frame(row))
        message, _ = await rejected(rig, client, code)
        assert says in message


async def test_a_frame_beyond_the_transport_limit(start, kit):
    async with start(Limits()) as rig, rig.joined() as client:
        await client.send(bytes(300_000))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd.code == 1009
        async with asyncio.timeout(5):
            while not rig.rejections("frame_too_large"):
                await asyncio.sleep(0.01)


async def test_a_client_that_reads_nothing_is_cut_off_and_others_play_on(start, kit):
    limits = Limits(send_timeout_s=0.2, batch_window_s=0.0)
    async with start(limits) as rig, rig.joined() as good:
        deaf = socket.create_connection(("127.0.0.1", rig.port))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # soon full
        deaf.setblocking(False)
        _reader, writer = await asyncio.open_connection(sock=deaf, limit=1)
        writer.write(
            b"GET /api/models/mdl_a/inference HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n" + _client_frame(hello().encode(), text=True)
        )
        states = _client_frame(kit.state_frame(kit.random_row(0))) * 1000
        writing = asyncio.create_task(_write_for_ever(writer, states))
        while not rig.rejections("slow_reader"):
            await asyncio.sleep(0.05)
        got = await kit.exchange(good, kit.random_row(1))
        np.testing.assert_array_equal(got.ctrl, kit.answer(kit.random_row(1), 2.0))
        assert rig.value("tabrl_inference_clients") == 1
        writing.cancel()
        writer.transport.abort()


async def _write_for_ever(writer: asyncio.StreamWriter, data: bytes) -> NoReturn:
    while True:
        writer.write(data)
        await writer.drain()


def _client_frame(payload: bytes, text: bool = False) -> bytes:
    """One WebSocket frame with a mask of zeros."""
    return (
        bytes([0x81 if text else 0x82, 0xFE]) + len(payload).to_bytes(2, "big") + bytes(4) + payload
    )


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "http://evil.test"}, "forbidden_origin"),
        ({"Origin": "null"}, "forbidden_origin"),
        ({"Origin": "http://[::bad"}, "forbidden_origin"),
        ({"Origin": "file://127.0.0.1"}, "forbidden_origin"),
        ({"Host": "evil.test"}, "forbidden_host"),
        ({"Host": "evil.test:80"}, "forbidden_host"),
        ({"Host": "[::bad"}, "forbidden_host"),
    ],
)
async def test_foreign_pages(rig, headers, code):
    status, body = await _upgrade(rig.port, headers)
    assert status == 403
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == (code, 403)
    assert rig.rejections(code) == 1


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://page.test"}, {"Origin": "http://localhost:8400"}]
)
async def test_our_page_and_programs_may_connect(rig, headers):
    status, _ = await _upgrade(rig.port, headers)
    assert status == 101


async def test_settings_name_other_hosts(start):
    async with start(Limits(), settings=Settings(allowed_hosts=("robots.test",))) as rig:
        host = f"robots.test:{rig.port}"
        status, _ = await _upgrade(rig.port, {"Origin": "http://robots.test:8400", "Host": host})
        assert status == 101


async def _upgrade(port: int, headers: dict[str, str]) -> tuple[int, str]:
    """A handshake with just these headers; status and body of the answer."""
    given = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /api/models/mdl_a/inference HTTP/1.1\r\n{head}\r\n".encode())
    status = int((await reader.readline()).split()[1])
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    body = "" if status == 101 else (await reader.read()).decode()
    assert status == 101 or "application/problem+json" in answer
    writer.close()
    return status, body


async def test_an_address_that_is_none(rig):
    with pytest.raises(InvalidStatus) as error:
        async with rig.connect("../../etc"):
            pass
    assert error.value.response.status_code == 404


async def test_nobody_is_disturbed_by_any_of_it(rig, kit):
    bad_frames = [b"", b"\x01", HEADER.pack(7, 1, 0, 0, 0), "text", bytes(416)]
    row = kit.random_row(0)
    async with rig.joined() as good:
        for frame in bad_frames:
            async with rig.joined() as bad:
                await bad.send(frame)
                assert json.loads(await bad.recv())["type"] == "refused"
            got = await kit.exchange(good, row)
            np.testing.assert_array_equal(got.ctrl, kit.answer(row, 2.0))


async def test_hello_of_the_contract_is_the_one_tested_here(kit):
    assert json.loads(Hello(model_id="mdl_a", scene_sha256=kit.SCENE).model_dump_json()) == (
        json.loads(hello())
    )
