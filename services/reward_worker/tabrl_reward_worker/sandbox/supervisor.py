"""Keeps a zygote alive and carries questions to its children. Trusts no answer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from select import select

from pydantic import ValidationError

from tabrl.domain.errors import Unavailable
from tabrl.rewards.errors import RewardError
from tabrl.robots.kinds import KINDS_VARIABLE
from tabrl.robots.registry import ROBOTS_VARIABLE
from tabrl_reward_worker.sandbox.wire import (
    LENGTH,
    ZYGOTE_MODULE,
    Answer,
    Capabilities,
    ForkRequest,
    Refused,
    Request,
    read_frame,
    unpack,
)

_START_S = 120.0
_GRACE_S = 1.0
_SET = {
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "JAX_TRACEBACK_FILTERING": "off",  # it asks for the working directory, which nobody may
}
# Nothing of the worker's environment is handed on but what Python needs to start, and where robots
# and their kinds are.
_KEPT = (
    *("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR"),
    *(ROBOTS_VARIABLE, KINDS_VARIABLE),
)


class Supervisor:
    """One zygote, replaced when it dies. Safe to call from several threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._capabilities: Capabilities | None = None
        self.zygote: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the zygote runs."""
        return self.zygote is not None and self.zygote.poll() is None

    def capabilities(self) -> Capabilities:
        """Start the zygote if need be; what its children can give up. Raises `Unavailable`."""
        with self._lock:
            self._ensure()
            assert self._capabilities is not None
            return self._capabilities

    def close(self) -> None:
        """End the zygote and with it every child."""
        with self._lock:
            self._stop()

    def ask(self, request: Request, deadline_s: float, blob: bytes | None = None) -> Answer:
        """A child's answer when it could do what was asked; its blob is still a stranger's.

        Raises `RewardError` when the child refused, was killed, or answered nonsense, and
        `Unavailable` if there is no zygote.
        """
        payload = [request.model_dump_json().encode(), *([] if blob is None else [blob])]
        frame, zygote = self._frame(payload, deadline_s)
        if not frame and _has_ended(zygote):
            frame, _ = self._frame(payload, deadline_s)  # not this reward's fault
        answer = unpack(frame)
        if answer is None:
            raise RewardError(
                "the reward's process ended without an answer (out of memory or time)",
                code="reward_crashed",
            )
        if isinstance(answer.message, Refused):
            raise _as_error(answer.message)
        return answer

    def _frame(
        self, payload: Sequence[bytes], deadline_s: float
    ) -> tuple[bytes, subprocess.Popen[bytes]]:
        """A child's answer, empty if it ended without one, and the zygote that was asked."""
        reading, zygote = self._send(payload, deadline_s)
        started = time.monotonic()  # a zygote that had to be started first is nobody's fault
        try:
            frame = read_frame(reading, started + deadline_s + _GRACE_S)
        finally:
            os.close(reading)
        late = time.monotonic() - started >= deadline_s
        if frame is None or (late and len(frame) < LENGTH.size):
            message = f"the reward took longer than {deadline_s:g} s to build"
            raise RewardError(message, code="reward_timeout", hint="use fewer loops")
        return frame, zygote

    def _send(
        self, payload: Sequence[bytes], deadline_s: float
    ) -> tuple[int, subprocess.Popen[bytes]]:
        """Send a child out with files of these; returns the reading end of its answer's pipe."""
        fork_request = ForkRequest(deadline_s=deadline_s).model_dump_json().encode()
        reading, writing = os.pipe()
        descriptors = [writing]
        try:
            for part in payload:
                descriptors.append(_in_memory(part))
            with self._lock:
                for attempt in (1, 2):
                    channel, zygote = self._ensure()
                    try:
                        socket.send_fds(channel, [fork_request], descriptors)
                        return reading, zygote
                    except OSError as error:
                        self._stop()
                        if attempt == 2:
                            raise _unavailable(error) from error
        except BaseException:
            os.close(reading)
            raise
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        raise AssertionError("unreachable")

    def _ensure(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        if self._channel is not None and self.zygote is not None and self.alive:
            return self._channel, self.zygote
        self._stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= _SET
        with theirs:
            zygote = subprocess.Popen(
                [sys.executable, "-m", ZYGOTE_MODULE, str(theirs.fileno())],
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        self._channel, self.zygote = ours, zygote
        ready = select([ours], [], [], _START_S)[0]
        try:
            self._capabilities = Capabilities.model_validate_json(ours.recv(4096) if ready else b"")
        except (ValidationError, OSError):
            self._stop()
            raise Unavailable("the reward builder did not start", code="jail_unavailable") from None
        return ours, zygote

    def _stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self.zygote is not None:
            self.zygote.kill()
            self.zygote.wait()
            self.zygote = None


def _in_memory(blob: bytes) -> int:
    """A file without a name that holds `blob`."""
    descriptor = os.memfd_create("payload", os.MFD_CLOEXEC)
    try:
        view = memoryview(blob)
        while view:
            view = view[os.write(descriptor, view) :]
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _has_ended(zygote: subprocess.Popen[bytes]) -> bool:
    """Whether a zygote has died; it closes its pipes a moment before."""
    try:
        zygote.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _as_error(refusal: Refused) -> RewardError:
    return RewardError(
        refusal.message,
        code=refusal.code,
        hint=refusal.hint,
        line=refusal.line,
        excerpt=refusal.excerpt,
    )


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(
        f"the reward builder does not answer ({type(error).__name__})", code="jail_unavailable"
    )
