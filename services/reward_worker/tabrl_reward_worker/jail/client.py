"""The worker's side of the jail: keeps a zygote warm and turns source into checked artifacts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from select import select
from types import TracebackType

from pydantic import TypeAdapter, ValidationError

from tabrl.domain.errors import Unavailable
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl.sim.reward import unpack_artifact
from tabrl_reward_worker.jail.wire import (
    LENGTH,
    MAX_BLOB,
    MAX_JSON,
    READY,
    ZYGOTE_MODULE,
    BuildRequest,
    Built,
    Refused,
    read_to_end,
)

_ANSWER: TypeAdapter[Built | Refused] = TypeAdapter(Built | Refused)
_START_S = 60.0
_GRACE_S = 1.0
# Nothing of the worker's environment is handed on but what Python needs to start.
_KEPT = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True)
class BuiltReward:
    """A reward that could be built: its artifact, terms (sorted) and weights."""

    blob: bytes
    terms: tuple[str, ...]
    weights: dict[str, float]


class Jail:
    """Builds rewards in children of a zygote. Safe to call from several threads at once."""

    def __init__(self, deadline_s: float = 10.0) -> None:
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def __enter__(self) -> Jail:
        self.warm_up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def warm_up(self) -> None:
        """Start the zygote and wait until it can fork. Raises `Unavailable`."""
        with self._lock:
            self._ensure()

    def close(self) -> None:
        """End the zygote and with it every child."""
        with self._lock:
            self._stop()

    @property
    def alive(self) -> bool:
        """Whether the zygote runs."""
        return self._zygote is not None and self._zygote.poll() is None

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """Run the static check, trace and export in a child.

        Raises `RewardError` if the source is at fault (codes `reward_…`; `reward_timeout` and
        `reward_crashed` if the child was killed), `Unavailable` if the zygote cannot be started.
        """
        if len(source) > 20_000:
            raise RewardError("a reward may have at most 20000 characters", code="reward_too_long")
        request = BuildRequest(robot=robot.id, source=source, deadline_s=self._deadline_s)
        answer, zygote = self._ask(request)
        if not answer and _has_ended(zygote):
            answer, _ = self._ask(request)  # not this reward's fault
        return _checked(answer, robot)

    def _ask(self, request: BuildRequest) -> tuple[bytes, subprocess.Popen[bytes]]:
        """A child's answer, empty if it ended without one, and the zygote that was asked.

        Raises `RewardError` if the answer is late.
        """
        started = time.monotonic()
        reading, zygote = self._send(request)
        try:
            limit = LENGTH.size + MAX_JSON + MAX_BLOB
            answer = read_to_end(reading, limit, started + self._deadline_s + _GRACE_S)
        finally:
            os.close(reading)
        late = time.monotonic() - started >= self._deadline_s
        if answer is None or (late and len(answer) < LENGTH.size):
            message = f"the reward took longer than {self._deadline_s:g} s to build"
            raise RewardError(message, code="reward_timeout", hint="use fewer loops")
        return answer, zygote

    def _send(self, request: BuildRequest) -> tuple[int, subprocess.Popen[bytes]]:
        """Hand a request and the pipe for its answer to the zygote; returns the reading end."""
        reading, writing = os.pipe()
        try:
            with self._lock:
                for attempt in (1, 2):
                    channel, zygote = self._ensure()
                    try:
                        socket.send_fds(channel, [request.model_dump_json().encode()], [writing])
                        return reading, zygote
                    except OSError as error:
                        self._stop()
                        if attempt == 2:
                            raise _unavailable(error) from error
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        raise AssertionError("unreachable")

    def _ensure(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        if self._channel is not None and self._zygote is not None and self.alive:
            return self._channel, self._zygote
        self._stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
        with theirs:
            zygote = subprocess.Popen(
                [sys.executable, "-m", ZYGOTE_MODULE, str(theirs.fileno())],
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        self._channel, self._zygote = ours, zygote
        ready = select([ours], [], [], _START_S)[0]
        if not ready or ours.recv(16) != READY:
            self._stop()
            raise Unavailable("the reward builder did not start", code="jail_unavailable")
        return ours, zygote

    def _stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote.wait()
            self._zygote = None


def _has_ended(zygote: subprocess.Popen[bytes]) -> bool:
    """Whether a zygote has died; it closes its pipes a moment before."""
    try:
        zygote.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _checked(answer: bytes, robot: Robot) -> BuiltReward:
    """A child's answer, believed only as far as it can be checked."""
    crashed = RewardError(
        "the reward's process ended without an answer (out of memory or time)",
        code="reward_crashed",
    )
    if len(answer) < LENGTH.size:
        raise crashed
    text_length, blob_length = LENGTH.unpack_from(answer)
    body = answer[LENGTH.size :]
    if text_length > MAX_JSON or blob_length > MAX_BLOB or len(body) != text_length + blob_length:
        raise crashed
    try:
        message = _ANSWER.validate_json(body[:text_length])
    except ValidationError:
        raise crashed from None
    if isinstance(message, Refused):
        raise RewardError(
            message.message,
            code=message.code,
            hint=message.hint,
            line=message.line,
            excerpt=message.excerpt,
        )
    header, _ = unpack_artifact(body[text_length:])
    same = header.robot == robot.id and list(header.terms) == message.terms
    if not same or set(message.weights) != set(message.terms):
        raise crashed
    return BuiltReward(body[text_length:], header.terms, message.weights)


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(
        f"the reward builder does not answer ({type(error).__name__})", code="jail_unavailable"
    )
