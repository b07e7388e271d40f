"""What the rule-based generator asks for can be told from what it does not ask for.

Motion is made up: the asked motion itself (in full, and with a fifth missing), standing, the base
walking, falling, and random motion.
"""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec
from tabrl.control.checks import evaluate_checks
from tabrl.control.rollout import Rollout
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.gait import Gait
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.reward.function import export_reward, load_reward
from tabrl_reward_worker.generator import generate
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.goal.spec import plan_of
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.writing.templates import candidates_for
from tests.support.motion import RAMP_S, RANDOM, STAND, WALK, Motion, rollout_of, sequence_of
from tests.unit.reward_worker.generator.sentences import SEQUENCES, UNDERSTOOD, walks_like_base

GO1 = get_robot("go1")
AMOUNTS = Amounts.of(GO1)
NEVER = {name: rollout_of(motion, GO1) for name, motion in (("stand", STAND), ("walk", WALK))}
NEVER |= {f"random {seed}": rollout_of(RANDOM, GO1, seed=seed) for seed in range(3)}


def combinations() -> list[str]:
    """Direction × speed × height × posture × rhythm, a fixed sample of them."""
    moves = ["", "walk forward", "walk backwards", "walk left", "walk sideways to the right"]
    moves += ["spin on the spot", "turn right", "walk in a circle", "creep forward"]
    paces = ["", "slowly", "fast"]
    heights = ["", "crouch low", "stand tall", "crouch slightly"]
    postures = ["", "lean left", "lean right", "bow", "look up"]
    rhythms = ["", "sway your hips", "nod", "bob up and down", "wiggle to a slow beat"]
    rhythms += ["sway twice a second", "dance", "shimmy"]
    every = itertools.product(moves, paces, heights, postures, rhythms)
    sentences = [
        ", ".join(part for part in (f"{move} {pace}".strip(), *rest) if part)
        for move, pace, *rest in every
        if move or (not pace and any(rest))
    ]
    return random.Random(7).sample(sentences, 70)


def motion_of(goal: Goal, share: float = 1.0) -> Motion:
    """The asked motion, done by `share`."""
    targets = {
        name: share * (getattr(goal, name) or 0.0)
        for name in ("vx", "vy", "yaw", "height", "pitch", "roll")
    }
    rhythms = {name: (share * one.amplitude, one.hz) for name, one in goal.swings.items()}
    held, spared = goal.find("foot_height"), goal.find("foot_load")
    return Motion(
        **targets,
        rhythms=rhythms,
        gait=Gait(goal.gait or "trot"),
        steps=goal.steps and share * goal.steps,
        cadence=goal.cadence or 0.0,
        lift=(held.part or "", share * (goal.lift or 0.0)) if held else None,
        limp=spared and spared.part,
        hop=goal.hop and (share * goal.hop.height, goal.hop.hz),
        rear=share * (goal.rear or 0.0),
    )


def rollout_for(plan: Plan, share: float = 1.0) -> Rollout:
    """What was asked for, done by `share`, one thing after the other where that is asked."""
    if not plan.sequence:
        return rollout_of(motion_of(plan.parts[0], share), GO1)
    first, *_ = segments = plan.segments()
    phases = [(one.end, motion_of(one.goal, share)) for one in segments]
    if first.goal.ends:  # what is lost at the start is made up for by the end
        phases[0] = first.end, motion_of(first.goal, share / (1.0 - 0.5 * RAMP_S / first.end))
    seconds = max(10.0, plan.period)
    return sequence_of(phases, GO1, seconds, repeat=plan.repeat)


def passes(checks: tuple[CheckSpec, ...], rollout: Rollout) -> bool:
    values = evaluate_checks(checks, rollout.fields, embodiment_of(GO1))
    return all(check.passed(value) for check, value in zip(checks, values, strict=True))


def is_short(plan: Plan) -> bool:
    """Whether 15% less of its turns and ways is within what the checks allow of them.

    Who goes or turns to and fro ends where it began, however far that was.
    """
    turns = [part.ends_by(Askable.HEADING) or 0.0 for part in plan.parts]
    ways = [part.ends_by(Askable.WAY) or 0.0 for part in plan.parts]
    last = plan.segments()[-1].begin
    far = math.hypot(*last.at) if last is not None and last.at is not None else sum(ways)
    turned = max(map(abs, turns)) if any(ways) else abs(sum(turns))
    return 0.15 * turned < 0.2 and 0.15 * far < 0.25


@pytest.mark.parametrize("sentence", [*UNDERSTOOD, *combinations()])
def test_checks_accept_the_asked_motion_and_nothing_else(sentence: str) -> None:
    (goal,) = interpret(parse(sentence, AMOUNTS.top_speed), AMOUNTS).parts
    checks = candidates_for(interpret(parse(sentence, AMOUNTS.top_speed), AMOUNTS))[0].checks
    assert len({check.id for check in checks}) == len(checks) <= 16
    assert checks[-1].id == "falls"
    for share in (1.0, 0.8):
        assert passes(checks, rollout_of(motion_of(goal, share), GO1)), share
    for name, rollout in NEVER.items():
        asked = (name == "stand" and goal.still) or (name == "walk" and walks_like_base(goal))
        assert passes(checks, rollout) is False or asked, name
    done = motion_of(goal)
    fallen = Motion(**{**vars(done), "falls_at": 4.0})
    assert not passes(checks, rollout_of(fallen, GO1))


@pytest.mark.parametrize("sentence", list(SEQUENCES)[::2])
def test_checks_of_a_sequence_accept_it_and_no_part_of_it_alone(sentence: str) -> None:
    plan = interpret(parse(sentence, AMOUNTS.top_speed), AMOUNTS)
    checks = generate(sentence, GO1).candidates[0].checks
    assert len({check.id for check in checks}) == len(checks) <= 16
    assert checks[-1].id == "falls"
    assert all(check.start_s < check.end_s <= max(10.0, plan.period) for check in checks)
    assert passes(checks, rollout_for(plan))
    # Who is slower has turned or gone less far when its time is up.
    ends = any(part.ends for part in plan.parts) and not plan.repeat
    assert (ends and is_short(plan)) or passes(checks, rollout_for(plan, 0.85)) is not ends
    for name, rollout in NEVER.items():
        assert not passes(checks, rollout), name
    for part in plan.parts:
        assert not passes(checks, rollout_of(motion_of(part), GO1)), part


@pytest.mark.parametrize("seed", range(6))
def test_checks_of_a_dance_accept_it_and_no_move_of_it_alone(seed: int) -> None:
    for candidate in generate("dance", GO1, seed).candidates:
        assert candidate.motion is not None
        plan = plan_of(candidate.motion, GO1)
        for share in (1.0, 0.85):
            assert passes(candidate.checks, rollout_for(plan, share)), (candidate.name, share)
        for part in plan.parts:
            assert not passes(candidate.checks, rollout_of(motion_of(part), GO1)), candidate.name


SCORED = [
    "walk backwards",
    "spin on the spot quickly",
    "crouch low and creep forward",
    "bob up and down to a slow beat",
    "bow",
    "trot forward slowly and sway your hips",
    "walk sideways to the left while nodding",
    "walk backwards, crouched, leaning left",
    "stand tall",
    "stand still",
    "wiggle to a slow beat",
    "hop on the spot",
    "hop forward quickly",
    "lift your left front paw",
    "stand on three legs",
    "wave your right paw",
    "march on the spot with high knees",
    "walk forward with high knees",
    "pace",
    "bound forward",
    "rear up",
    "limp on your left front leg",
    "limp on your right hind leg",
    "run as fast as you can",
    "walk with 3 steps a second",
    "first crouch, then hop",
    "walk for three seconds, then turn left",
    "bow, then sway, then stop",
    "walk 1 m, then turn right, then hop twice, then bow, then sway, then crouch",
]


@pytest.mark.parametrize("sentence", SCORED)
def test_every_candidate_prefers_the_asked_motion(sentence: str) -> None:
    plan = interpret(parse(sentence, AMOUNTS.top_speed), AMOUNTS)
    asked, half = rollout_for(plan), rollout_for(plan, 0.6)
    falling = rollout_of(Motion(**{**vars(motion_of(plan.parts[0])), "falls_at": 2.0}), GO1)
    parts = [rollout_of(motion_of(part), GO1) for part in plan.parts if plan.sequence]
    still = all(part.still for part in plan.parts)
    for candidate in generate(sentence, GO1).candidates:
        exported = export_reward(candidate.code, GO1)
        assert exported.weights == pytest.approx(candidate.weights)
        reward = load_reward(exported.blob, {"xla_backend_optimization_level": 0})
        weights = reward.vector(candidate.weights)

        def score(rollout: Rollout) -> float:
            terms = np.asarray(reward(rollout.flat()))  # noqa: B023
            assert np.isfinite(terms).all()
            return float((terms @ weights).mean())  # noqa: B023

        best = score(asked)
        assert best > score(falling), candidate.name
        assert all(best > score(part) for part in parts), candidate.name
        for name, rollout in NEVER.items():
            if not (name == "stand" and still):
                assert best > score(rollout) + 0.2 * abs(best), (candidate.name, name)
        if not still:
            # A slope on the way: doing it by half already pays more than standing.
            assert score(half) > score(NEVER["stand"]), candidate.name
