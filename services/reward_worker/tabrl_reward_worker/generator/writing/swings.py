"""Terms of what swings: the reference, and its rate, which fixes the timing."""

from __future__ import annotations

import math

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import Goal, Hop, Swing
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.term import (
    ASKED,
    GRAVITY,
    Term,
    bell,
    minus,
    number,
)

# Width of a swing's bell in amplitudes. Narrower ones flatten out at a rhythm not yet found, where
# the double frequency then looks better than the right one, and a bob pays only once its centre is
# found.
_WIDTH = 0.9
_RATES = {
    Askable.ROLL: "state.base_angular_velocity()[0]",
    Askable.PITCH: "state.base_angular_velocity()[1]",
    Askable.HEIGHT: "state.base_linear_velocity_world()[2]",
    Askable.HEADING: "state.base_angular_velocity()[2]",
}


def wave(swing: Swing, of: str = "value") -> str:
    """Source text of where a swing is to be, or with `rate` how fast it is to change."""
    turns = round(swing.phase / (2.0 * math.pi), 4)
    offset = f", {number(turns)}" if turns else ""
    function, size = "sin", swing.amplitude
    if of == "rate":
        function, size = "cos", swing.amplitude * 2.0 * math.pi * swing.hz
    return f"{number(size)} * jnp.{function}(state.phase({number(swing.hz)}{offset}))"


def swing_width(goal: Goal, swing: Swing) -> float:
    """How wide the bell around a swing is."""
    return goal.tolerance(swing.quantity) or _WIDTH * swing.amplitude


def beats(one: Segment) -> list[Term]:
    """The rate of each swing, and the middle of each hop, in time."""
    goal, hop = one.goal, one.goal.hop
    terms = [_hop_timing(hop)] if hop is not None else []
    for swing in goal.swings:
        turning = minus(goal.yaw or 0.0) if swing.quantity is Askable.HEADING else ""
        error = f"{_rate(goal, swing)}{turning} - {wave(swing, 'rate')}"
        width = 0.8 * swing.amplitude * 2.0 * math.pi * swing.hz
        pulse = bell(error, width)
        terms.append(Term(f"{swing.channel}_pulse", ASKED / 2, pulse, "on the beat"))
    return terms


def _rate(goal: Goal, swing: Swing) -> str:
    foot = goal.find(Askable.FOOT_HEIGHT)
    if swing.quantity is not Askable.FOOT_HEIGHT or foot is None:
        return _RATES[swing.quantity]
    return f"foot_speed[{goal.amounts.robot.end_effectors.index(foot.part or '')}, 2]"


def _hop_timing(hop: Hop) -> Term:
    """Flight in time: the middle of a flight comes at the end of every period."""
    flight = math.sqrt(8.0 * hop.height / GRAVITY) * hop.hz  # share of a period
    middle = number(1.0 - flight / 2.0)
    expression = f"airborne * jnp.cos(state.phase({number(hop.hz)}, -{middle}))"
    return Term("hop_beat", ASKED, expression, f"{number(hop.hz)} hops a second")
