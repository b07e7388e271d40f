"""What is compiled for a robot: made once, and kept until the robot is forgotten."""

from __future__ import annotations

from collections.abc import Callable

import jax

from tabrl.control.embodiment import Embodiment
from tabrl.sim.cpu.layout import Layout

_KEPT: list[CompiledOnce] = []


class CompiledOnce:
    """Decorates a function that makes a robot's graph: every robot gets its own, and gets it once.

    Compiled graphs of a robot are a third of a gigabyte, so whoever serves many robots lets go of
    some (`forget_graphs`).
    """

    def __init__(self, make: Callable[[Layout], jax.stages.Wrapped]) -> None:
        self._make = make
        self._graphs: dict[Layout, jax.stages.Wrapped] = {}
        _KEPT.append(self)

    def __call__(self, layout: Layout) -> jax.stages.Wrapped:
        """The graph of a robot."""
        if layout not in self._graphs:
            self._graphs[layout] = self._make(layout)
        return self._graphs[layout]

    def forget(self, layout: Layout) -> None:
        """Let go of a robot's graph, if there is one."""
        self._graphs.pop(layout, None)


def forget_graphs(embodiment: Embodiment) -> None:
    """Let go of what was compiled for a robot; who needs it again compiles it again."""
    for kept in _KEPT:
        kept.forget(Layout(embodiment))
