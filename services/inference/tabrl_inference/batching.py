"""Micro-batching: states of many clients answered by one forward pass."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.adapters.logs import where
from tabrl_inference.frames import State
from tabrl_inference.metrics import Metrics
from tabrl_inference.policy_cache import LoadedPolicy
from tabrl_inference.rejections import Rejected, RejectReason

log = logging.getLogger(__name__)

Rows = NDArray[np.float64]
Targets = NDArray[np.floating]
Answer = Callable[[Targets | Rejected], None]


@dataclass(eq=False)
class _Request:
    row: Rows
    answer: Answer
    live: Rows | None = None


@dataclass(frozen=True, eq=False)
class _Batch:
    policy: LoadedPolicy
    requests: list[_Request]

    @property
    def alike(self) -> object:
        """What batches must have in common to be answered together."""
        return self if self.driven else self.policy.together or self.policy

    @property
    def driven(self) -> bool:
        """Whether its states, all of them, are live ones."""
        return self.requests[0].live is not None


class MicroBatcher:
    """Collects states for at most a window, then answers them together.

    Nobody waits for states that cannot come: once as many states wait as there are clients, the
    pass runs at once, so a lone client is not delayed at all.
    """

    def __init__(
        self, clients: Callable[[], int], window_s: float, rows: int, metrics: Metrics
    ) -> None:
        self._clients = clients
        self._window_s = window_s
        self._rows = rows
        self._metrics = metrics
        self._waiting: dict[tuple[LoadedPolicy, bool], list[_Request]] = defaultdict(list)
        self._count = 0
        self._timer: asyncio.Handle | None = None
        self._due = False

    def submit(self, policy: LoadedPolicy, state: State, answer: Answer) -> None:
        """Have `answer` called with the targets `[nu]` for a state, or with `Rejected` if the
        policy finds none; never before this returns. A live state's carry follows its targets."""
        loop = asyncio.get_running_loop()
        driven = state.live is not None
        self._waiting[policy, driven].append(_Request(state.row, answer, state.live))
        self._count += 1
        if not self._due and self._count >= min(self._rows, self._clients()):
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_soon(self._flush)
            self._due = True
        elif self._timer is None:
            self._timer = loop.call_later(self._window_s, self._flush)

    def _flush(self) -> None:
        batches, self._waiting = self._waiting, defaultdict(list)
        self._count, self._timer, self._due = 0, None, False
        alike: dict[object, list[_Batch]] = defaultdict(list)
        for (policy, _), waiting in batches.items():
            for start in range(0, len(waiting), self._rows):
                batch = _Batch(policy, waiting[start : start + self._rows])
                alike[batch.alike].append(batch)
        for together in alike.values():
            for group in _in_groups(together, self._rows):
                self._answer(group)

    def _answer(self, group: list[_Batch]) -> None:
        batch = [waiting for one in group for waiting in one.requests]
        rows = np.stack([waiting.row for waiting in batch])
        try:
            if len(group) > 1:
                targets = forward_together(group, rows)
            elif group[0].driven:
                targets = forward_driven(group[0], rows)
            else:
                targets = forward(group[0].policy, rows)
        except Exception as error:
            if len(batch) > 1:  # one state must not spoil the others' answers
                for one in group:
                    for waiting in one.requests:
                        self._answer([_Batch(one.policy, [waiting])])
                return
            log.warning("forward_failed %s", where(error))
            batch[0].answer(_no_answer())
            return
        self._metrics.batch_rows.observe(len(batch))
        finite = np.isfinite(targets)
        for i, waiting in enumerate(batch):
            waiting.answer(targets[i] if finite[i].all() else _no_answer())


def forward(policy: LoadedPolicy, rows: Rows) -> Targets:
    """Actuator targets `[B, nu]` for states `[B, 1+nq+nv+nu]`."""
    with np.errstate(all="ignore"):  # what is not finite is found in the answer
        _, ctrl = policy.controller.control(*_columns(policy, rows))
    return np.asarray(ctrl, dtype=np.float32)


def forward_driven(batch: _Batch, rows: Rows) -> Rows:
    """The same for live states: targets, then the carry, `[B, nu+K]`."""
    driven, live = batch.policy.driven, [one.live for one in batch.requests if one.live is not None]
    assert driven is not None
    with np.errstate(all="ignore"):
        ctrl, carry = driven.control(*_columns(batch.policy, rows), np.stack(live))
    return np.concatenate([ctrl, carry], axis=-1)


def forward_together(group: Sequence[_Batch], rows: Rows) -> Targets:
    """The same for the states of several policies, one batch after the other."""
    together = group[0].policy.together
    assert together is not None
    policies = [one.policy.controller for one in group]
    counts = [len(one.requests) for one in group]
    with np.errstate(all="ignore"):
        ctrl = together.control(policies, counts, *_columns(group[0].policy, rows))
    return np.asarray(ctrl, dtype=np.float32)


def _columns(policy: LoadedPolicy, rows: Rows) -> tuple[Rows, Rows, Rows, Rows]:
    """Time `[B]`, qpos, qvel, ctrl."""
    parts = policy.size.parts()
    return rows[:, 0], rows[:, parts["qpos"]], rows[:, parts["qvel"]], rows[:, parts["ctrl"]]


def _in_groups(batches: Sequence[_Batch], rows: int) -> Iterator[list[_Batch]]:
    """Batches that are answered together, of so many rows at most."""
    group: list[_Batch] = []
    for batch in batches:
        if group and sum(len(one.requests) for one in group) + len(batch.requests) > rows:
            yield group
            group = []
        group.append(batch)
    if group:
        yield group


def _no_answer() -> Rejected:
    return Rejected(
        RejectReason.OUT_OF_RANGE,
        "The policy has no finite action for this state: the simulation has diverged; reset it.",
    )
