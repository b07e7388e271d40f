"""Rewards and success checks for what is asked of a planar robot.

Paid for feet off the floor alone, a robot kneels and lifts a foot: so a hop pays as far as nothing
else touches the floor, and whatever else does costs by itself. Robots that never kneel are paid as
without it. dm_control's hopper has the same in another form, standing high times a speed whose pay
rises linearly from nothing (Tassa et al., "dm_control", 2020).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.planar.catalogue import Quantity
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator.planar.asked import RUN, TOP, WALK, Asked
from tabrl_reward_worker.generator.writing.term import ASKED, BESIDE, Term, bell, minus, number

_HOP = 0.15  # of the standing height, below the lowest foot: what pays in full,
_HIGH = 0.4  # and of one that hops as high as it can
_NEAR = 0.1  # m/s, of sqrt(g h): no farther from standing still
# Checks: share of the time off the floor, of that on nothing but feet; uprightness.
_AIRBORNE, _ON_FEET, _UP = 0.15, 0.8, 0.7
_MISS = 0.25  # of a speed that is asked for


def candidates_for(asked: Asked) -> tuple[RewardCandidate, ...]:
    """Ways to pay for it: as directly as can be, and with more for an upright trunk, unless how
    the trunk is held is what is asked for."""
    words = asked.in_words()
    written = {
        "direct": f"Pays for {words}, and a little for what goes with it.",
        "upright": f"Pays for {words}, and as much for an upright trunk.",
    }
    ways = [("direct", BESIDE), ("upright", ASKED)][: 1 if asked.pitch else None]
    return tuple(
        _candidate(asked, name, written[name], list(_terms(asked, upright)))
        for name, upright in ways
    )


def _candidate(asked: Asked, name: str, idea: str, terms: Sequence[Term]) -> RewardCandidate:
    return RewardCandidate(
        name=name,
        idea=idea,
        code=_source(asked.in_words(), terms),
        weights={term.name: term.weight for term in terms},
        checks=tuple(_checks(asked)),
    )


def _terms(asked: Asked, upright: float) -> Iterator[Term]:
    if asked.fastest and asked.speed is not None:
        top = asked.speed * TOP * asked.unit
        yield Term(
            "speed", ASKED, f"jnp.clip(state.forward_speed() / {number(top)}, -1.0, 1.0)",
            "the faster the better",
        )  # fmt: skip
    elif asked.speed is not None:
        off = f"jnp.abs(state.forward_speed(){minus(asked.speed)})"
        share = f"{off} / {number(max(abs(asked.speed), _NEAR * asked.unit))}"
        yield Term("speed", ASKED, f"jnp.clip(1.0 - {share}, -1.0, 1.0)", "1 at this speed")
    elif asked.hops or asked.still:
        still = bell("state.forward_speed()", 4.0 * _NEAR * asked.unit)
        yield Term("place", BESIDE, still, "on the spot")
    if asked.hops:
        clear = (_HIGH if asked.high else _HOP) * asked.standing
        yield Term(
            "hop", ASKED,
            f"jnp.clip(jnp.min(state.foot_height()) / {number(clear)}, 0.0, 1.0)"
            " * state.on_feet()",
            "all feet off the floor, and nothing else on it",
        )  # fmt: skip
        rise = f"jnp.clip(state.vertical_speed() / {number(0.5 * asked.unit)}, 0.0, 1.0)"
        yield Term("rise", BESIDE, rise, "on the way up")
    if asked.height or asked.still:
        level = asked.standing + asked.height
        yield Term("height", ASKED, bell(f"state.height(){minus(level)}", 0.15 * asked.standing))
    if asked.pitch:
        yield Term("pitch", ASKED, bell(f"state.pitch(){minus(asked.pitch)}", 0.3))
    else:
        yield Term("upright", upright, "state.uprightness()")
    yield Term("feet", BESIDE, "state.on_feet() - 1.0", "off its knees")
    if asked.still:
        calm = "jnp.mean(jnp.square(state.joint_velocity()))"
        yield Term("calm", BESIDE, f"1.0 / (1.0 + {calm})", "joints at rest")
    change = "jnp.mean(jnp.square(action - state.previous_action()))"
    yield Term("smooth", 0.02, f"-{change}")


def _source(words: str, terms: Sequence[Term]) -> str:
    """The reward that pays the terms."""
    weights = [f'    "{term.name}": {number(term.weight)},' for term in terms]
    returned: list[str] = []
    for term in terms:
        returned += [f"        # {term.comment}"] if term.comment else []
        returned.append(f'        "{term.name}": {term.expression},')
    lines = [
        f'"""{words[0].upper()}{words[1:]}."""', "", "WEIGHTS = {", *weights, "}", "", "",
        "def reward(state, action):", "    return {", *returned, "    }", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _checks(asked: Asked) -> Iterator[CheckSpec]:
    """Bounds a person would set, with room for an honest miss."""
    mean, speed = Statistic.MEAN, Quantity.FORWARD_SPEED
    if asked.speed is not None:
        least = RUN * asked.unit if asked.fastest else (1.0 - _MISS) * abs(asked.speed)
        most = None if asked.fastest else (1.0 + _MISS) * abs(asked.speed)
        low, high = (
            (least, most) if asked.speed > 0.0 else (None if most is None else -most, -least)
        )
        yield CheckSpec(
            id="speed", quantity=speed, statistic=mean, at_least=_round(low), at_most=_round(high)
        )
    elif asked.hops or asked.still:
        near = WALK * asked.unit / 2.0
        yield CheckSpec(
            id="place", quantity=speed, statistic=mean, at_least=_round(-near), at_most=_round(near)
        )
    if asked.hops:
        yield CheckSpec(
            id="hop", quantity=Quantity.BODY_CONTACT, statistic=Statistic.SHARE_BELOW,
            threshold=0.5, at_least=_AIRBORNE,
        )  # fmt: skip
    if asked.height:
        level, room = asked.standing + asked.height, 0.12 * asked.standing
        yield CheckSpec(
            id="height", quantity=Quantity.HEIGHT, statistic=mean,
            at_least=_round(level - room), at_most=_round(level + room),
        )  # fmt: skip
    if asked.pitch:
        yield CheckSpec(
            id="pitch", quantity=Quantity.PITCH, statistic=mean,
            at_least=_round(asked.pitch - 0.15), at_most=_round(asked.pitch + 0.15),
        )  # fmt: skip
    elif not asked.fastest:
        yield CheckSpec(id="upright", quantity=Quantity.UPRIGHTNESS, statistic=mean, at_least=_UP)
    yield CheckSpec(id="feet", quantity=Quantity.ON_FEET, statistic=mean, at_least=_ON_FEET)
    yield CheckSpec(
        id="falls", quantity=Quantity.FALLEN, statistic=Statistic.ANY, start_s=0.0, at_most=0.05
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
