"""The zygote: a process that has JAX imported and forks a child for each reward.

Started as `python -m tabrl_reward_worker.sandbox.zygote` with one end of a Unix socket as its only
inherited descriptor. It is sent fork requests, forks, and kills what outlives its deadline; the
children read what they are to do and answer the worker directly, through the descriptors that came
with the fork_request. A child that dies of a signal has its answer written by the zygote.
"""

from __future__ import annotations

import contextlib
import gc
import os
import re
import signal
import socket
import sys
import time
import unicodedata
import warnings
from dataclasses import dataclass
from select import select

import jax
from pydantic import ValidationError

from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.limits import MAX_ARTIFACT
from tabrl.robots import Robot, get_robot, list_robots
from tabrl.sim.reward.export import RewardExporter
from tabrl.sim.reward.function import try_compiling
from tabrl.sim.reward.verifier import verify
from tabrl_reward_worker.sandbox import limits, warm_up
from tabrl_reward_worker.sandbox.wire import (
    MAX_FORK_REQUEST,
    Built,
    Capabilities,
    Compiled,
    ForkRequest,
    Refused,
    Request,
    pack,
)

_TICK_S = 0.05
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # of things in every child's memory, as Python names them
_PRELOADED = (unicodedata,)  # Python asks for it when a source holds a letter beyond ASCII


@dataclass(frozen=True)
class _Child:
    pid: int
    deadline: float
    pipe: int
    ended: int | None  # a descriptor that becomes readable at its end, where there is such a thing


def main(channel: socket.socket) -> None:
    """Serve until the worker closes its end."""
    # Forking is safe here: this thread is the only one, and no backend exists in this process.
    warnings.filterwarnings("ignore", message=".*fork.*", category=RuntimeWarning)
    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
    # Made before the first fork, for no child can open a robot's files.
    robots = [robot for robot in list_robots() if _usable(robot)]
    warm_up.preload_imports(robots[0])
    network = limits.leave_namespaces()
    found = Capabilities(
        seccomp=limits.seccomp_works(),
        landlock=limits.landlock_works(),
        identity=limits.identity_works(),
        network=network,
    )
    # A child that collected garbage would copy every page of what it inherits.
    gc.collect()
    gc.freeze()
    channel.send(found.model_dump_json().encode())
    children: list[_Child] = []
    while True:
        children = _reap(children)
        ends = [child.ended for child in children if child.ended is not None]
        requests = channel.fileno()
        if requests not in select([requests, *ends], [], [], _TICK_S if children else None)[0]:
            continue
        data, descriptors, _, _ = socket.recv_fds(channel, MAX_FORK_REQUEST, 3)
        if not data:
            break
        child = _spawn(data, descriptors, channel)
        if child is not None:
            children.append(child)
    for child in children:
        _kill(child)


def _usable(robot: Robot) -> bool:
    """Whether a robot could be made; one that could not harms no other."""
    try:
        embodiment_of(robot)
    except Invalid:
        return False
    return True


def _spawn(data: bytes, descriptors: list[int], channel: socket.socket) -> _Child | None:
    try:
        fork_request = ForkRequest.model_validate_json(data)
    except ValidationError:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    pipe, *payload = descriptors
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            limits.die_with_parent()
            channel.close()
            _work(pipe, [_read(part) for part in payload])
        finally:
            os._exit(0)
    for descriptor in payload:
        os.close(descriptor)
    ended = None
    with contextlib.suppress(OSError, AttributeError):
        ended = os.pidfd_open(pid)
    return _Child(pid, time.monotonic() + fork_request.deadline_s, pipe, ended)


def _work(pipe: int, payload: list[bytes]) -> None:
    """In the child: go in, close the door, do it, and answer."""
    gc.disable()
    request = Request.model_validate_json(payload[0])
    blob = b"".join(payload[1:])
    compiling = request.action == "compile"
    # At its first turn the compiler opens the source of random numbers, which Landlock would not
    # let it; the filter keeps files away from what it compiles.
    options = (
        request.options.model_copy(update={"landlock": False}) if compiling else request.options
    )
    limits.drop_privileges(pipe, options)
    if compiling:
        _warm_compiler()
    elif request.action == "build":
        jax.devices()
    locked = limits.lockdown(options, executable=compiling)
    if request.needs_filter and not locked:
        message = "this machine's kernel cannot filter system calls"
        answer = pack(Refused(code="jail_no_seccomp", message=message))
    else:
        answer = _answer(request, blob)
    view = memoryview(answer)
    while view:
        view = view[os.write(pipe, view) :]


def _answer(request: Request, blob: bytes) -> bytes:
    try:
        return _act(request, blob)
    except RewardError as error:
        return pack(
            Refused(
                code=error.code[:64],
                message=_ADDRESS.sub("", error.message)[:2_000],
                hint=error.hint[:1_000],
                line=error.line,
                excerpt=error.excerpt[:2_000],
            )
        )
    except MemoryError:
        return pack(Refused(code="reward_memory", message="the reward needs too much memory"))
    except Exception as error:
        message = f"the reward could not be read ({type(error).__name__})"
        return pack(Refused(code="reward_failed", message=message))


def _act(request: Request, blob: bytes) -> bytes:
    if request.action == "compile":
        try_compiling(blob)
        return pack(Compiled())
    robot = get_robot(request.robot)
    if request.action == "verify":
        reward = verify(blob, request.source, robot)
    else:
        reward = RewardExporter(request.author).export(request.source, robot)
    built = Built(terms=list(reward.terms), weights=reward.weights, assumed=list(reward.assumed))
    return pack(built, reward.blob)


def _warm_compiler() -> None:
    """Compile next to nothing."""
    number = jax.ShapeDtypeStruct((), "float32")  # type: ignore[no-untyped-call]
    jax.jit(lambda x: x + 1.0).lower(number).compile()


def _read(descriptor: int) -> bytes:
    """What the worker wrote into a file, from its start."""
    chunks, offset = [], 0
    while offset <= MAX_ARTIFACT and (chunk := os.pread(descriptor, 1 << 20, offset)):
        chunks.append(chunk)
        offset += len(chunk)
    return b"".join(chunks)


def _reap(children: list[_Child]) -> list[_Child]:
    """Collect the ended, kill the late; returns those still at work."""
    now = time.monotonic()
    working = []
    for child in children:
        if child.deadline < now:
            _kill(child)
            continue
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid == 0:
            working.append(child)
        else:
            _close(child, _exit_reason(status))
    return working


def _kill(child: _Child) -> None:
    """Kill the child's process group, and the child in case it has none yet; then collect it."""
    for kill in (os.killpg, os.kill):
        try:
            kill(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.waitpid(child.pid, 0)
    _close(child, _TOO_LATE)


def _close(child: _Child, exit_reason: Refused | None) -> None:
    """Answer for a child that cannot, and let go of its descriptors."""
    if exit_reason is not None:
        os.set_blocking(child.pipe, False)
        with contextlib.suppress(OSError):
            os.write(child.pipe, pack(exit_reason))
    os.close(child.pipe)
    if child.ended is not None:
        os.close(child.ended)


_TOO_LATE = Refused(
    code="reward_timeout", message="the reward took too long to build", hint="use fewer loops"
)


def _exit_reason(status: int) -> Refused | None:
    """What to say of a child that ended by a signal."""
    if not os.WIFSIGNALED(status):
        return None
    ended_by = os.WTERMSIG(status)
    if ended_by == signal.SIGSYS:
        return Refused(
            code="reward_forbidden",
            message="the reward asked the system for something that no reward needs",
        )
    if ended_by == signal.SIGXCPU:
        return _TOO_LATE
    return Refused(
        code="reward_crashed",
        message="the reward's process ended without an answer (out of memory or time)",
    )


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
