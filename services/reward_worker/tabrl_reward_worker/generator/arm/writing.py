"""A specification of an arm's motion as rewards: three ways to write it, with the same checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tabrl.contracts.checks import CheckSpec
from tabrl.contracts.motion import Constant, Duration, Extreme, MotionSpec, Sinusoid, Target
from tabrl.contracts.phases import EPISODE_S, LONGEST_EPISODE_S
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts
from tabrl_reward_worker.generator.arm.checks import Timed, checks_of, timed
from tabrl_reward_worker.generator.arm.limits import most_of
from tabrl_reward_worker.generator.arm.terms import TOOL, Aim, aims_of
from tabrl_reward_worker.generator.arm.words import in_words
from tabrl_reward_worker.generator.writing.term import ASKED, Term, number

_CHANGE = "jnp.sum(jnp.square(action - state.previous_action()))"
_EFFORT = "jnp.sum(jnp.abs(state.power()))"
_COLLIDED = Term("collision", -5.0, "state.collided()", "touching itself or the table never pays")
_POINTS_A_LINE = 3
_REST_S = 3.0  # of a phase that is held, at least; else until the episode ends
Template = Callable[[Sequence[Aim]], list[Term]]


def candidates_for(motion: MotionSpec, robot: Robot) -> tuple[RewardCandidate, ...]:
    """Three rewards for a specification that fits the robot."""
    own, motion = ArmAmounts.of(robot), resolved(motion, robot)
    seconds = seconds_of(motion)
    phases = timed(motion.phases, seconds)
    checks, asked = checks_of(phases), in_words(motion, own)
    parts = _Parts(phases, motion, own, seconds)
    return tuple(
        _candidate(name, f"{idea}: {asked}.", template, parts, checks)
        for name, idea, template in _TEMPLATES
    )


def resolved(motion: MotionSpec, robot: Robot) -> MotionSpec:
    """The specification with numbers for as much as it can, and for what keeps the tempo."""
    own = ArmAmounts.of(robot)

    def target(one: Target) -> Target:
        shape = one.shape
        if isinstance(shape, Extreme):
            shape = Constant(value=most_of(one, shape, own))
        elif isinstance(shape, Sinusoid) and shape.hz is None:
            shape = shape.model_copy(update={"hz": motion.tempo_hz})
        return one.model_copy(update={"shape": shape})

    phases = tuple(
        phase.model_copy(update={"targets": tuple(map(target, phase.targets))})
        for phase in motion.phases
    )
    return motion.model_copy(update={"phases": phases})


def seconds_of(motion: MotionSpec) -> tuple[float, ...]:
    """How long each phase lasts, s; nothing for a single one."""
    if len(motion.phases) == 1:
        return ()
    seconds = [one.until.seconds if isinstance(one.until, Duration) else 0.0
               for one in motion.phases]  # fmt: skip
    if not motion.repeat:
        before = sum(seconds[:-1])
        rest = max(EPISODE_S - before, _REST_S)
        seconds[-1] = round(min(rest, LONGEST_EPISODE_S - before), 2)
    return tuple(seconds)


@dataclass(frozen=True)
class _Parts:
    """What rewards are written from."""

    phases: Sequence[Timed]
    motion: MotionSpec
    amounts: ArmAmounts
    seconds: tuple[float, ...]

    @cached_property
    def aims(self) -> list[list[Aim]]:
        """What each phase asks for, told in the time since it began."""
        return [self._aims(one) for one in self.phases]

    def _aims(self, one: Timed) -> list[Aim]:
        when = "state.time()" if not one.ordinal else "moment"
        if one.start:
            when = f"moment - {number(one.start)}"
        prefix = f"{one.ordinal}_" if one.ordinal else ""
        return aims_of(one.phase, self.amounts, when, prefix)


def _candidate(
    name: str, words: str, template: Template, parts: _Parts, checks: tuple[CheckSpec, ...]
) -> RewardCandidate:
    written = [template(aims) for aims in parts.aims]
    common = [term for term in written[0] if all(term in terms for terms in written)]
    lines = [
        _gated(term, one)
        for one, terms in zip(parts.phases, written, strict=True)
        for term in terms
        if term not in common
    ]
    lines += common
    weights = {line.name: float(number(line.weight)) for line in lines}
    motion = parts.motion
    return RewardCandidate(
        name, words, _source(parts, words, lines), weights, checks, parts.seconds, motion,
        motion.repeat or len(motion.phases) == 1,
    )  # fmt: skip


def _gated(term: Term, one: Timed) -> Term:
    """A term in its phase's turn, named after it."""
    if not one.ordinal:
        return term
    return Term(
        f"{one.ordinal}_{term.name}", term.weight, f"{one.ordinal} * ({term.expression})",
        term.comment,
    )  # fmt: skip


def _source(parts: _Parts, words: str, lines: Sequence[Term]) -> str:
    aims = [aim for aims in parts.aims for aim in aims]
    constants = [line for aim in aims if aim.points for line in ("", *_points(aim))]
    values = [f"    {aim.error} = {aim.source}" for aim in aims]
    tool = [f"    {TOOL}"] if any("tool" in aim.source.split("state.")[0] for aim in aims) else []
    returned: list[str] = []
    for line in lines:
        returned += [f"        # {line.comment}"] if line.comment else []
        returned.append(f'        "{line.name}": {line.expression},')
    asked = words.partition(": ")[2]
    weights = [f'    "{line.name}": {number(line.weight)},' for line in lines]
    lines_of_code = [
        f'"""{asked[0].upper()}{asked[1:]}"""', "", "WEIGHTS = {", *weights, "}", *constants, "",
        "", "def reward(state, action):", *_clock(parts), *tool, *values, "    return {", *returned,
        "    }", "",
    ]  # fmt: skip
    return "\n".join(lines_of_code)


def _points(aim: Aim) -> Iterator[str]:
    """The points of a path as a constant: s, then x, y, z in m."""
    yield f"{aim.constant} = ["
    rows = [f"[{', '.join(map(_short, point))}]" for point in aim.points]
    for begin in range(0, len(rows), _POINTS_A_LINE):
        yield f"    {', '.join(rows[begin : begin + _POINTS_A_LINE])},"
    yield "]"


def _short(value: float) -> str:
    return f"{value + 0.0:.4f}".rstrip("0").rstrip(".")


def _clock(parts: _Parts) -> list[str]:
    """Which phase it is, as statements; none where there is but one."""
    if len(parts.phases) == 1:
        return []
    period = parts.phases[-1].end
    moment = "    moment = state.time()"
    if parts.motion.repeat:
        moment = f"    moment = jnp.mod(state.time(), {number(period)})  # s into the round"
    lines = [moment]
    for one in parts.phases:
        begun, over = f"moment >= {number(one.start)}", f"moment < {number(one.end)}"
        turn = f"({begun}) * ({over})"
        turn = over if one.start == 0.0 else begun if one.end == period else turn
        lines.append(f"    {one.ordinal} = {turn}")
    return lines


def direct(aims: Sequence[Aim]) -> list[Term]:
    """Two bells around every target, one to find it by and one to hold it."""
    bells = [Term(aim.name, aim.weight, aim.bell, aim.words) for aim in aims]
    return [*bells, Term("smooth", -0.002, _CHANGE), _COLLIDED]


def smooth(aims: Sequence[Aim]) -> list[Term]:
    """What is left of every way, a bell at its end, and costs of haste."""
    asked = [aim for aim in aims if aim.asked]
    ways = [Term(f"{aim.name}_way", 0.3 * aim.weight, aim.way, aim.words) for aim in asked]
    ends = [Term(aim.name, aim.weight, aim.close, "there") for aim in aims]
    costs = [Term("jerk", -0.005, _CHANGE), Term("effort", -0.0005, _EFFORT)]
    return [*ways, *ends, *costs, _COLLIDED]


def together(aims: Sequence[Aim]) -> list[Term]:
    """The product of all bells, with each asked one beside it as a slope to climb."""
    product = " * ".join(f"({aim.bell})" for aim in aims)
    slopes = [Term(aim.name, 0.4 * aim.weight, aim.bell, aim.words) for aim in aims if aim.asked]
    whole = Term("together", 2.0 * ASKED, product, "all of it at once")
    return [whole, *slopes, Term("smooth", -0.002, _CHANGE), _COLLIDED]


_TEMPLATES: tuple[tuple[str, str, Template], ...] = (
    ("Direct", "Each target is rewarded for being near", direct),
    ("Smooth", "Makes way up to the target and pays for jerks and effort", smooth),
    ("All at once", "Pays most when everything fits at the same moment", together),
)
