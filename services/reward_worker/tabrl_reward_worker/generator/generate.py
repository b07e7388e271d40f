"""From a sentence to candidates, or to an error that helps."""

from __future__ import annotations

import re

from tabrl.contracts.motion import MotionSpec, fault_of
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.limbs import at_every_corner
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot, scene_sha256
from tabrl_reward_worker.candidates import Proposal, RewardCandidate
from tabrl_reward_worker.generator.arm.generate import (
    candidates_of_motion,
    generate_for_arm,
    is_arm,
)
from tabrl_reward_worker.generator.arm.reading import lexicon as lexicon_of_arms
from tabrl_reward_worker.generator.arm.spec import Asked
from tabrl_reward_worker.generator.dance.generate import dances_of, is_dance, named
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.limits import beyond
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.goal.spec import plan_of, spec_of
from tabrl_reward_worker.generator.goal.spec_faults import (
    ended,
    faults_in,
    untimed,
)
from tabrl_reward_worker.generator.planar.asked import Asked as AskedInPlane
from tabrl_reward_worker.generator.planar.generate import generate_in_plane, is_planar
from tabrl_reward_worker.generator.reading.grounds import read_ground
from tabrl_reward_worker.generator.reading.intents import Reading
from tabrl_reward_worker.generator.reading.languages import foreign
from tabrl_reward_worker.generator.reading.lexicon import lexicon
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.writing.templates import candidates_for

_MAX_UNKNOWN = 4
_KIND = "legged"  # whose words the lexicon has
_FOR_ARMS = (
    "Write in English where the arm should go or point, what it should do in rhythm, or what it "
    "should draw or write: “reach left and hold”, “wave”, “draw a circle of 20 cm”, “write hello”."
)


_IN_PLANE = (
    "Write in English how fast it should go and which way, whether it should hop, or how its trunk "
    "should be held, all at once: “run forward fast”, “walk backward at 1 m/s”, “hop”."
)


class NotUnderstoodError(Invalid):
    """The sentence asks for nothing the rule-based generator can write a reward for."""

    def __init__(
        self,
        message: str,
        robot: Robot,
        reading: Plan | Asked | AskedInPlane | None = None,
        hint: str = "",
    ) -> None:
        examples = "; ".join(f"“{example}”" for example in robot.examples[:4])
        such_as = f" For example: {examples}." if examples else ""
        super().__init__(
            message,
            code="task_not_understood",
            hint=hint
            or f"Write in English what the robot should do: a direction, a speed, a height, a "
            f"posture or a rhythm.{such_as}",
        )
        self.understood = list(reading.understood) if reading else []
        self.not_understood = list(reading.not_understood) if reading else []


def has_words_for(robot: Robot) -> bool:
    """Whether sentences about a robot can be read: it has feet front and rear, left and right."""
    return robot.embodiment == _KIND and at_every_corner(robot.limbs)


def require_words_for(robot: Robot) -> None:
    """Raises `NotUnderstoodError` if no sentence about the robot can be read."""
    if not has_words_for(robot):
        raise NotUnderstoodError(
            "Sentences for this kind of robot need a language model.",
            robot,
            hint="Ask whoever runs TabRL to name one in TABRL_LLM_MODEL.",
        )


def require_english(prompt: str, robot: Robot) -> None:
    """Raises `NotUnderstoodError` if no words about the robot, or none like these, can be read."""
    if not is_arm(robot) and not is_planar(robot):
        require_words_for(robot)
    known = lexicon_of_arms() if is_arm(robot) else lexicon()
    language = foreign(prompt, known.vocabulary)
    if language is not None:
        message = f"This sentence looks like {language.name}; only English is understood here. "
        raise NotUnderstoodError(message + language.note, robot)


def generate(prompt: str, robot: Robot, seed: int = 0) -> Proposal:
    """Rewards for a sentence; a dance is another one with every seed.

    Raises `NotUnderstoodError` (code `task_not_understood`).
    """
    require_english(prompt, robot)
    if is_arm(robot):
        return _for_arm(prompt, robot, seed)
    if is_planar(robot):
        return _in_plane(prompt, robot)
    said = read_ground(prompt, robot)
    return said.told_of(_on_flat(said.rest, robot, seed))


def _on_flat(prompt: str, robot: Robot, seed: int) -> Proposal:
    amounts = Amounts.of(robot)
    reading = parse(prompt, amounts.top_speed)
    plan = interpret(reading, amounts)
    if plan.empty or _mostly_unknown(reading):
        raise NotUnderstoodError(_why(reading), robot, plan)
    if is_dance(reading):
        return _danced(plan, robot, seed)
    return Proposal(candidates_for(plan), plan.understood, plan.not_understood)


def _for_arm(prompt: str, robot: Robot, seed: int) -> Proposal:
    proposal = generate_for_arm(prompt, robot, seed)
    if isinstance(proposal, Asked):
        raise NotUnderstoodError("This task was not understood.", robot, proposal, _FOR_ARMS)
    return proposal


def _in_plane(prompt: str, robot: Robot) -> Proposal:
    proposal = generate_in_plane(prompt, robot)
    if isinstance(proposal, AskedInPlane):
        raise NotUnderstoodError("This task was not understood.", robot, proposal, _IN_PLANE)
    return proposal


def _danced(plan: Plan, robot: Robot, seed: int) -> Proposal:
    """Dances on the beat of a plan that only sways and bobs, each written directly."""
    candidates = tuple(
        named(candidates_of(motion, robot)[0], moves)
        for motion, moves in dances_of(spec_of(plan), robot, seed)
    )
    swung = [line for line in plan.understood if line.endswith(" Hz")]
    told = [line for line in plan.understood if line not in swung]
    words = swung[0].partition(" → ")[0]
    told.append(f"{words} → a dance of several moves, other ones every time")
    return Proposal(candidates, told, plan.not_understood)


def candidates_of(motion: MotionSpec, robot: Robot) -> tuple[RewardCandidate, ...]:
    """Rewards for a specification, each another way to write it; none leaves anything of it out.

    Raises `Invalid`: code `bad_motion` for what is no specification of this robot's motion,
    `motion_beyond` for more than it can do, `bad_ground` for a ground that it cannot be put on.
    """
    scene_sha256(robot.id, motion.ground)  # or raise
    if is_arm(robot):
        _require_none(fault_of(motion, askables_of(robot)))
        return candidates_of_motion(motion, robot)
    require_words_for(robot)
    _require_none(fault_of(motion, askables_of(robot)))
    motion = ended(motion)
    _require_none(*faults_in(motion))
    plan = plan_of(motion, robot)
    _require_none(untimed(plan))
    if plan.empty:
        raise Invalid(
            "This motion asks for nothing.", code="bad_motion", hint="Give it at least one target."
        )
    told = beyond(plan)
    if told:
        raise Invalid(
            f"This is more than the robot can do: {'; '.join(told)}.",
            code="motion_beyond",
            hint="Change these numbers, or take out what does not go with the rest.",
        )
    return tuple(one.on(motion.ground) for one in candidates_for(plan))


def _require_none(*faults: str | None) -> None:
    found = [fault for fault in faults if fault is not None]
    if found:
        raise Invalid(f"This motion cannot be asked for: {'; '.join(found)}.", code="bad_motion")


def _why(reading: Reading) -> str:
    """Why there is nothing to learn in a sentence, without any word of it."""
    if reading.impossible:
        reasons = {re.sub(r".*”: ", "", text) for text in reading.impossible}
        return f"This cannot be learnt: {'; '.join(sorted(reasons))}."
    if any(intent.negated for intent in reading.intents):
        return "This says what not to do, but not what to do instead."
    return "This task was not understood."


def _mostly_unknown(reading: Reading) -> bool:
    """Whether what was found looks like an accident among many other words."""
    parts = reading.phases or [reading]
    found = sum(1 + len(intent.slots) for part in parts for intent in part.intents)
    return len(reading.unknown) >= _MAX_UNKNOWN and len(reading.unknown) > 2 * found
