"""The command features of one thread's robots, computed a few control steps ahead.

Commands and clocks depend on time alone. In one compiled call for many steps they cost little;
between two steps of physics every such call takes several times as long as it takes alone.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from tabrl.control.arrays import Array
from tabrl.control.rollout import CONTROL_DT
from tabrl.sim.cpu.graphs import CompiledOnce
from tabrl.sim.cpu.layout import Layout

AHEAD = 8  # control steps
FEW = 8  # robots whose schedules change in between are asked anew together, so many at a time


class LookAheadCache:
    """The next `AHEAD` control steps of robots whose rows (see `Layout`) are live."""

    def __init__(self, layout: Layout, rows: Float[np.ndarray, "B width"]) -> None:
        self._graph = _features(layout)
        self._rows = rows
        # Its last row tells what was asked of robots that may begin anew before they are asked.
        self._plan = np.empty((AHEAD + 1, len(rows), len(layout.embodiment.features)), np.float32)
        self._step = AHEAD

    def now(self) -> Float[np.ndarray, "B F"]:
        """What is asked in this step."""
        if self._step >= AHEAD:
            self._plan, self._step = np.asarray(self._graph(self._rows, 0)), 0
        return self.latest()

    def latest(self) -> Float[np.ndarray, "B F"]:
        """What is asked in this step as far as the last one knew."""
        now: Float[np.ndarray, "B F"] = self._plan[self._step]
        return now

    def go_on(self) -> None:
        """To the next step."""
        self._step += 1

    def change(self, ids: Int[np.ndarray, " N"]) -> None:
        """The schedules or clocks of some robots have changed."""
        if self._step >= AHEAD:
            return
        if len(ids) > len(self._rows) // 4:
            self._step = AHEAD
            return
        if not self._plan.flags.writeable:
            self._plan = self._plan.copy()
        for begin in range(0, len(ids), FEW):
            some = ids[begin : begin + FEW]
            # Always as many, or every number of robots would be compiled.
            plan = self._graph(self._rows[np.resize(some, FEW)], self._step)
            self._plan[:, some] = np.asarray(plan)[:, : len(some)]

    def prepare(self) -> None:
        """Compile all that will be needed."""
        for rows in (self._rows, self._rows[np.zeros(FEW, np.intp)]):
            self._graph(rows, 0)


@CompiledOnce
def _features(layout: Layout) -> jax.stages.Wrapped:
    embodiment = layout.embodiment

    def graph(rows: Float[Array, "B width"], step: int) -> Float[Array, "A B F"]:
        schedules = layout.followed(rows, jnp)

        def features(k: Int[jax.Array, ""]) -> Float[Array, "B F"]:
            # The rows' time is that of the plan's step `step`.
            time = rows[..., layout.time] + (k - step) * jnp.float32(CONTROL_DT)
            return embodiment.command_features(time, schedules, jnp)

        return jax.vmap(features)(jnp.arange(AHEAD + 1))

    return jax.jit(graph)
