"""The child in which generated source runs."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tabrl.rewards.errors import RewardError
from tabrl.robots import get_robot
from tabrl.sim.reward import export_reward, load_reward
from tabrl_reward_worker.jail import Jail
from tabrl_reward_worker.jail import client as client_module
from tabrl_reward_worker.jail.limits import lock_down
from tabrl_reward_worker.jail.wire import LENGTH, Built, Refused, pack, read_to_end

GO1 = get_robot("go1")
SOURCE = (
    'WEIGHTS = {"up": 2.0}\ndef reward(state, action):\n    return {"up": state.uprightness()}\n'
)
ENDLESS = (
    "def reward(state, action):\n    return sum([1"
    + "".join(f" for {name} in range(128)" for name in "abcdef")
    + "])\n"
)


def test_a_reward_comes_back_built(jail: Jail) -> None:
    built = jail.build(SOURCE, GO1)
    assert built.terms == ("up",)
    assert built.weights == {"up": 2.0}
    assert load_reward(built.blob).terms == ("up",)


def test_the_authors_line_comes_back(jail: Jail) -> None:
    with pytest.raises(RewardError) as error:
        jail.build("def reward(state, action):\n    return state.joint_position('FL_hp')\n", GO1)
    assert error.value.code == "reward_failed"
    assert error.value.line == 2
    assert "did you mean 'FL_hip'?" in error.value.message
    assert "    2 |     return state.joint_position('FL_hp')" in error.value.for_author()


def test_an_endless_reward_is_stopped_while_others_are_built() -> None:
    with Jail(deadline_s=2.0) as jail:
        started = time.monotonic()
        errors: list[RewardError] = []

        def hang() -> None:
            with pytest.raises(RewardError) as error:
                jail.build(ENDLESS, GO1)
            errors.append(error.value)

        thread = threading.Thread(target=hang)
        thread.start()
        assert jail.build(SOURCE, GO1).terms == ("up",)
        assert thread.is_alive()
        thread.join()
        assert errors[0].code == "reward_timeout"
        assert time.monotonic() - started < 6.0


def test_memory_is_bounded(jail: Jail) -> None:
    greedy = "def reward(state, action):\n    x = [0.0] * 1000000000\n    return x[0]\n"
    with pytest.raises(RewardError) as error:
        jail.build(greedy, GO1)
    assert error.value.code == "reward_memory"
    assert jail.build(SOURCE, GO1).terms == ("up",)


def test_a_killed_zygote_is_replaced(jail: Jail) -> None:
    assert jail._zygote is not None
    first = jail._zygote
    first.kill()
    first.wait()
    assert not jail.alive
    assert jail.build(SOURCE, GO1).terms == ("up",)
    assert jail._zygote is not first


def test_a_zygote_that_dies_over_a_request_costs_a_second_try(jail: Jail) -> None:
    jail.warm_up()
    assert jail._zygote is not None
    zygote = jail._zygote
    os.kill(zygote.pid, signal.SIGSTOP)  # takes the request, but never reads it
    timer = threading.Timer(0.3, zygote.kill)
    timer.start()
    assert jail.build(SOURCE, GO1).terms == ("up",)
    timer.join()
    assert jail._zygote is not zygote


def test_the_zygote_gets_no_secrets_and_ends_with_its_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("TABRL_DATABASE_URL", "postgresql://user:password@host/db")
    jail = Jail()
    with jail:
        assert jail._zygote is not None
        environment = Path(f"/proc/{jail._zygote.pid}/environ").read_bytes()
        assert b"secret" not in environment
        assert b"password" not in environment
        assert b"PATH=" in environment
        # Its only descriptors beyond the standard three: the socket, and none of the worker's.
        opened = {
            os.readlink(link)
            for link in Path(f"/proc/{jail._zygote.pid}/fd").iterdir()
            if int(link.name) > 2
        }
        assert len([name for name in opened if name.startswith("socket:")]) == 1
        assert not [name for name in opened if name.startswith("pipe:")]
        zygote, channel = jail._zygote, jail._channel
        assert channel is not None
        channel.close()  # as if the worker had died
        assert zygote.wait(5) is not None
    assert not jail.alive


def test_a_locked_down_process_has_nothing_left() -> None:
    reading, writing = os.pipe()
    secret = os.open("/etc/hostname", os.O_RDONLY)
    pid = os.fork()
    if pid == 0:
        try:
            os.environ["KEY"] = "value"
            lock_down(keep=writing)
            report = f"{len(os.environ)} {sorted(os.listdir('/proc/self/fd'))}"
            try:
                os.fstat(secret)
                report += " open"
            except OSError:
                report += " closed"
            try:
                with open("/tmp/tabrl-jail-test", "w") as file:
                    file.write("x" * 10)
                report += " written"
            except OSError:
                report += " unwritten"
            os.write(writing, report.encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.close(secret)
    answer = read_to_end(reading, 4096, time.monotonic() + 10)
    os.close(reading)
    os.waitpid(pid, 0)
    Path("/tmp/tabrl-jail-test").unlink(missing_ok=True)
    assert answer is not None
    text = answer.decode()
    assert text.startswith("0 ")
    assert "closed" in text
    # SIGXFSZ is ignored by Python, so the write fails instead of killing the process.
    assert "unwritten" in text


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"abc",
        LENGTH.pack(10, 0) + b"{}",
        LENGTH.pack(2, 0) + b"{}",
        LENGTH.pack(2**31, 0),
        pack(Built(terms=["up"], weights={"other": 1.0}), b""),
        pack(Refused(code="x", message="m")) + b"trailing",
    ],
)
def test_a_forged_answer_is_not_believed(answer: bytes) -> None:
    with pytest.raises(Exception) as error:  # noqa: PT011 - RewardError or Invalid, both coded
        client_module._checked(answer, GO1)
    assert getattr(error.value, "code", "") in ("reward_crashed", "bad_artifact")


def test_terms_that_are_not_the_artifacts_are_not_believed() -> None:
    blob = export_reward(SOURCE, GO1).blob
    for terms, weights in ((["down"], {"down": 1.0}), (["up"], {"up": 1.0, "extra": 1.0})):
        with pytest.raises(RewardError):
            client_module._checked(pack(Built(terms=terms, weights=weights), blob), GO1)


def test_reading_stops_at_the_limit_and_at_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"x" * 100)
        assert read_to_end(ours.fileno(), 50, time.monotonic() + 5) is None
        assert read_to_end(ours.fileno(), 500, time.monotonic() + 0.05) is None
