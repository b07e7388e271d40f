"""The children in which strangers' source is run and their artifacts are read."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid, Unavailable
from tabrl.rewards.errors import RewardError
from tabrl.robots import get_robot
from tabrl.sim.reward.function import export_reward, load_reward
from tabrl.sim.reward.verifier import verify
from tabrl_reward_worker.sandbox import Sandbox
from tabrl_reward_worker.sandbox import client as client_module
from tabrl_reward_worker.sandbox.client import Pipeline
from tabrl_reward_worker.sandbox.wire import (
    LENGTH,
    Answer,
    Built,
    Capabilities,
    Refused,
    pack,
    read_frame,
    unpack,
)

GO1 = get_robot("go1")
SOURCE = (
    'WEIGHTS = {"up": 2.0}\ndef reward(state, action):\n    return {"up": state.uprightness()}\n'
)
ENDLESS = "def reward(state, action):\n    count = 0\n" + "".join(
    f"{' ' * depth}for {name} in range(128):\n" for depth, name in enumerate("abcdef", start=4)
)
ENDLESS += f"{' ' * 10}count = 1 - count\n    return count + jnp.sum(action)\n"  # holds no memory


def test_a_reward_comes_back_built_and_verified(sandbox: Sandbox) -> None:
    built = sandbox.build(SOURCE, GO1)
    assert built.terms == ("up",)
    assert built.weights == {"up": 2.0}
    assert load_reward(built.blob).terms == ("up",)
    # Written by the verifier: what it would write of it again is the same to the byte.
    assert verify(built.blob, SOURCE, GO1).blob == built.blob


def test_harmless_python_is_built_and_a_missing_weight_is_said(sandbox: Sandbox) -> None:
    source = """
OMEGA: float = 2 * jnp.pi * 1.5
CLIP_TOTAL = True
WEIGHTS: dict[str, float] = {"a": 0.02 * 5, "b": 1 / 4}
def reward(state: State, action: jnp.ndarray) -> tuple[float, dict[str, float]]:
    q: jnp.ndarray = jnp.sort(state.joint_position())
    for _ in range(2):
        q = jax.nn.sigmoid(q) + jax.nn.softplus(q) + jnp.deg2rad(q)
    a = jnp.einsum("i,i->", q, action) + jnp.interp(q[0], q, action)
    terms = {"a": a, "b": jnp.sin(OMEGA * state.time()), "c": state.heading()}
    return 0.1 * a, terms
"""
    built = sandbox.build(source, GO1)
    assert built.terms == ("a", "b", "c")
    assert built.weights == pytest.approx({"a": 0.1, "b": 0.25, "c": 1.0})
    assert built.assumed == ("c",)
    assert load_reward(built.blob).clips_total
    given = built.with_weights({"c": 3.0})
    assert given.weights["c"] == 3.0
    assert given.assumed == ()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("state.joint_position('FL_hp')", "did you mean 'FL_hip'?"),
        ("1.0 if state.roll() > 0.0 else 0.0", "Python's if"),
        ("state.gravity() + action", "TypeError"),
        ("state.roll().astype('float16')", "float16"),
        ("jnp.sum(jnp.ones((100, 100)))", "too large"),
    ],
)
def test_the_authors_line_comes_back(sandbox: Sandbox, expression: str, words: str) -> None:
    with pytest.raises(RewardError) as error:
        sandbox.build(f"def reward(state, action):\n    return {expression}\n", GO1)
    assert error.value.line == 2
    assert words in error.value.message
    assert f"    2 |     return {expression}" in error.value.for_author()


def test_an_endless_reward_is_stopped_while_others_are_built() -> None:
    with Sandbox(deadline_s=4.0) as sandbox:
        errors: list[RewardError] = []

        def hang() -> None:
            with pytest.raises(RewardError) as error:
                sandbox.build(ENDLESS, GO1)
            errors.append(error.value)

        thread = threading.Thread(target=hang)
        thread.start()
        assert sandbox.build(SOURCE, GO1).terms == ("up",)
        thread.join(30.0)
        assert errors[0].code == "reward_timeout"


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    greedy = "def reward(state, action):\n    x = [0.0] * 1000000000\n    return x[0]\n"
    with pytest.raises(RewardError) as error:
        sandbox.build(greedy, GO1)
    assert error.value.code == "reward_memory"
    assert sandbox.build(SOURCE, GO1).terms == ("up",)


def test_what_would_compile_for_hours_is_refused(sandbox: Sandbox) -> None:
    """Few operations and little work, but each fusion doubles what the compiler writes."""
    source = (
        "def reward(state, action):\n    x = action\n    for i in range(126):\n"
        "        x = jnp.roll(x, 5) + x\n    return jnp.sum(x)\n"
    )
    pipeline = Pipeline(sandbox.supervisor, 15.0)
    built = pipeline.verify(pipeline.build(source, GO1), source, GO1)
    with pytest.raises(RewardError) as error:
        sandbox.build(source, GO1)
    assert error.value.code == "reward_timeout"
    assert sandbox.build(source, GO1, trusted=True).blob == built.blob  # a template of ours
    honest = sandbox.build(SOURCE, GO1)
    pipeline.compile(honest.blob, SOURCE, GO1)


def test_a_killed_zygote_is_replaced(sandbox: Sandbox) -> None:
    sandbox.warm_up()
    first = sandbox.supervisor.zygote
    assert first is not None
    first.kill()
    first.wait()
    assert not sandbox.alive
    assert sandbox.build(SOURCE, GO1).terms == ("up",)
    assert sandbox.supervisor.zygote is not first


def test_a_zygote_that_dies_over_a_request_costs_a_second_try(sandbox: Sandbox) -> None:
    sandbox.warm_up()
    zygote = sandbox.supervisor.zygote
    assert zygote is not None
    os.kill(zygote.pid, signal.SIGSTOP)  # takes the request, but never reads it
    timer = threading.Timer(0.3, zygote.kill)
    timer.start()
    assert sandbox.build(SOURCE, GO1).terms == ("up",)
    timer.join()
    assert sandbox.supervisor.zygote is not zygote


def test_the_start_of_a_zygote_is_not_the_rewards_time(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = sandbox.supervisor
    sandbox.warm_up()
    send = supervisor._send

    def after_a_start(
        payload: Sequence[bytes], deadline_s: float
    ) -> tuple[int, subprocess.Popen[bytes]]:
        time.sleep(3.5)  # longer than the reward has
        return send(payload, deadline_s)

    monkeypatch.setattr(supervisor, "_send", after_a_start)
    assert Pipeline(supervisor, 2.0).build(SOURCE, GO1)


def test_the_zygote_gets_no_secrets_and_ends_with_its_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("TABRL_DATABASE_URL", "postgresql://user:password@host/db")
    with Sandbox() as sandbox:
        zygote, channel = sandbox.supervisor.zygote, sandbox.supervisor._channel
        assert zygote is not None
        assert channel is not None
        environment = Path(f"/proc/{zygote.pid}/environ").read_bytes()
        assert b"secret" not in environment
        assert b"password" not in environment
        assert b"PATH=" in environment
        # Its only descriptors beyond the standard three: the socket, and none of the worker's.
        opened = {
            os.readlink(link)
            for link in Path(f"/proc/{zygote.pid}/fd").iterdir()
            if int(link.name) > 2
        }
        assert len([name for name in opened if name.startswith("socket:")]) == 1
        assert not [name for name in opened if name.startswith("pipe:")]
        # One thread, so that a fork takes all there is.
        assert "Threads:\t1\n" in Path(f"/proc/{zygote.pid}/status").read_text()
        channel.close()  # as if the worker had died
        assert zygote.wait(5) is not None
        assert not sandbox.alive


def test_without_a_filter_only_our_own_templates_run(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Capabilities(seccomp=False, landlock=False, identity=False, network=False)
    monkeypatch.setattr(sandbox.supervisor, "capabilities", lambda: bare)
    with pytest.raises(Unavailable) as error:
        sandbox.build(SOURCE, GO1)
    assert error.value.code == "jail_no_seccomp"
    assert sandbox.build(SOURCE, GO1, trusted=True).terms == ("up",)
    monkeypatch.setattr(sandbox, "_allow_unfiltered", True)
    assert sandbox.build(SOURCE, GO1).terms == ("up",)


def test_the_zygote_reads_nothing_that_a_stranger_wrote(sandbox: Sandbox) -> None:
    """Whatever it has in memory, every later child has too, and might tell its own author."""
    secret = "c" + "anary_".replace("_", "bird")  # so that no source of ours holds it
    source = f"# {secret * 20}\n{SOURCE}# {secret * 20}\n"
    for _ in range(3):
        sandbox.build(source, GO1)
    assert sandbox.supervisor.zygote is not None
    pid, read = sandbox.supervisor.zygote.pid, 0
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                area, rights, *_ = line.split()
                start, stop = (int(end, 16) for end in area.split("-"))
                if not rights.startswith("rw"):
                    continue
                with contextlib.suppress(OSError, ValueError, OverflowError):
                    memory.seek(start)
                    content = memory.read(stop - start)
                    read += len(content)
                    assert secret.encode() not in content
    except PermissionError:
        pytest.skip("another process's memory may not be read here")
    assert read > 10_000_000


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"abc",
        LENGTH.pack(10, 0) + b"{}",
        LENGTH.pack(2, 0) + b"{}",
        LENGTH.pack(2**31, 0),
        pack(Refused(code="x", message="m")) + b"trailing",
        pack(Refused(code="x", message="m")).replace(b'"refused"', b'"trusted"'),
        pack(Built(terms=["up"], weights={"up": 1.0})).replace(b"1.0", b"NaN"),
    ],
)
def test_a_malformed_answer_is_none(frame: bytes) -> None:
    assert unpack(frame) is None


def test_what_a_refusal_says_can_be_shown_and_stored() -> None:
    said = Refused(code="x", message="a\x00b\ud800c\n\td", excerpt="\x1b[2J")
    assert (said.message, said.excerpt) == ("a\ufffdb\ufffdc\n\td", "\ufffd[2J")
    text = b'{"kind": "refused", "code": "x", "message": "a\\u0000b"}'  # from a child taken over
    answer = unpack(LENGTH.pack(len(text), 0) + text)
    assert answer is not None
    assert isinstance(answer.message, Refused)
    assert answer.message.message == "a\ufffdb"


def test_a_verifiers_answer_must_agree_with_its_artifact() -> None:
    blob = export_reward(SOURCE, GO1).blob
    for terms, weights in (
        (["down"], {"down": 1.0}),
        (["up"], {"up": 1.0, "extra": 1.0}),
        (["up"], {"other": 1.0}),
    ):
        answer = Answer(Built(terms=terms, weights=weights), blob)
        with pytest.raises(RewardError):
            client_module._believed(answer, GO1)
    stray = Answer(Built(terms=["up"], weights={"up": 1.0}, assumed=["other"]), blob)
    with pytest.raises(RewardError):
        client_module._believed(stray, GO1)
    with pytest.raises(Invalid):
        client_module._believed(Answer(Built(terms=["up"], weights={"up": 1.0}), b""), GO1)


def test_reading_stops_at_the_stated_length_and_at_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    frame = pack(Refused(code="x", message="m"), b"blob")
    with ours, theirs:
        theirs.send(frame + b"more")
        assert read_frame(ours.fileno(), time.monotonic() + 5) == frame
        ours.recv(4)
        assert read_frame(ours.fileno(), time.monotonic() + 0.05) is None
        theirs.send(LENGTH.pack(2**31, 2**31))  # is not waited for
        assert read_frame(ours.fileno(), time.monotonic() + 5) == LENGTH.pack(2**31, 2**31)
