"""What is compiled for a robot is kept until the robot is forgotten."""

from __future__ import annotations

import jax

from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.cpu.graphs import CompiledOnce, forget_graphs
from tabrl.sim.cpu.layout import Layout
from tests.support.engine import GO1


def test_a_robot_s_graph_is_made_once_until_it_is_forgotten() -> None:
    made: list[str] = []

    @CompiledOnce
    def graph(layout: Layout) -> jax.stages.Wrapped:
        made.append(layout.embodiment.robot.id)
        return jax.jit(lambda x: x)

    one, other = (embodiment_of(robot) for robot in (GO1, get_robot("ur5e")))
    first = graph(Layout(one))
    assert graph(Layout(one)) is first
    graph(Layout(other))
    forget_graphs(one)
    forget_graphs(one)  # what is not there is no fault
    assert graph(Layout(one)) is not first
    graph(Layout(other))
    assert made == ["go1", "ur5e", "go1"]
