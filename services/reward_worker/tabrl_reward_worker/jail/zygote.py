"""The zygote: a process that has JAX imported and forks a child for each reward.

Started as `python -m tabrl_reward_worker.jail.zygote` with one end of a Unix socket as its only
inherited descriptor. It reads requests, forks, and kills what outlives its deadline; the children
answer the worker directly through the pipe that came with the request.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import warnings
from dataclasses import dataclass
from select import select

from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot, get_robot, list_robots
from tabrl.sim.reward import export_reward
from tabrl_reward_worker.jail.limits import die_with_parent, lock_down
from tabrl_reward_worker.jail.wire import (
    MAX_REQUEST,
    READY,
    BuildRequest,
    Built,
    Refused,
    pack,
)

_WARM_UP = "def reward(state, action):\n    return jnp.sum(jnp.square(action))\n"
_TICK_S = 0.05


@dataclass(frozen=True)
class _Child:
    pid: int
    deadline: float


def main(channel: socket.socket) -> None:
    """Serve until the worker closes its end."""
    # Forking is safe here: nothing but this thread has ever used JAX's state.
    warnings.filterwarnings("ignore", message=".*fork.*", category=RuntimeWarning)
    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
    robots = list_robots()  # read before the first fork, so that no child has to
    _warm_up(robots[0])
    channel.send(READY)
    children: list[_Child] = []
    while True:
        children = _reap(children)
        if not select([channel], [], [], _TICK_S if children else None)[0]:
            continue
        data, pipes, _, _ = socket.recv_fds(channel, MAX_REQUEST, 1)
        if not data:
            break
        children.append(_spawn(BuildRequest.model_validate_json(data), pipes[0], channel))
    for child in children:
        _kill(child)


def _warm_up(robot: Robot) -> None:
    """Build one reward in a child and throw it away: fills the page cache, not this process."""
    pid = os.fork()
    if pid == 0:
        try:
            export_reward(_WARM_UP, robot)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _spawn(request: BuildRequest, pipe: int, channel: socket.socket) -> _Child:
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            die_with_parent()
            channel.close()
            lock_down(keep=pipe)
            _build(request, pipe)
        finally:
            os._exit(0)
    os.close(pipe)
    return _Child(pid, time.monotonic() + request.deadline_s)


def _build(request: BuildRequest, pipe: int) -> None:
    """In the child: build and answer."""
    try:
        reward = export_reward(request.source, get_robot(request.robot))
        answer = pack(Built(terms=list(reward.terms), weights=reward.weights), reward.blob)
    except RewardError as error:
        answer = pack(
            Refused(
                code=error.code,
                message=error.message[:2_000],
                hint=error.hint[:1_000],
                line=error.line,
                excerpt=error.excerpt[:2_000],
            )
        )
    except MemoryError:
        answer = pack(Refused(code="reward_memory", message="the reward needs too much memory"))
    view = memoryview(answer)
    while view:
        view = view[os.write(pipe, view) :]


def _reap(children: list[_Child]) -> list[_Child]:
    """Collect the ended, kill the late; returns those still at work."""
    now = time.monotonic()
    working = []
    for child in children:
        if child.deadline < now:
            _kill(child)
        elif os.waitpid(child.pid, os.WNOHANG)[0] == 0:
            working.append(child)
    return working


def _kill(child: _Child) -> None:
    """Kill the child's process group, and the child in case it has none yet; then collect it."""
    for kill in (os.killpg, os.kill):
        try:
            kill(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    os.waitpid(child.pid, 0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
