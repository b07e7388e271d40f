"""What is asked, as data: from goals and back, what is refused, and what is written for it."""

from __future__ import annotations

import math

import pytest

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Extreme,
    Hold,
    MotionSpec,
    Phase,
    Reached,
    Shape,
    Sinusoid,
    Target,
    fault_of,
)
from tabrl.contracts.phases import MAX_PHASES
from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.spec import plan_of, spec_of
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.writing.templates import candidates_for
from tests.support.factories import asking
from tests.unit.reward_worker.generator.sentences import SEQUENCES, UNDERSTOOD

ROBOTS = [get_robot(name) for name in ("go1", "anymal_c")]
GO1 = ROBOTS[0]


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.id)
def test_a_specification_says_all_that_a_plan_does(robot: Robot) -> None:
    amounts = Amounts.of(robot)
    for sentence in (*UNDERSTOOD, *SEQUENCES):
        plan = interpret(parse(sentence, amounts.top_speed), amounts)
        spec = spec_of(plan)
        assert MotionSpec.model_validate_json(spec.model_dump_json()) == spec
        assert fault_of(spec, askables_of(robot)) is None, sentence
        again = plan_of(spec, robot)
        assert spec_of(again) == spec, sentence
        assert candidates_for(again) == candidates_for(plan), sentence


def test_a_turn_and_a_way_end_by_themselves() -> None:
    amounts = Amounts.of(GO1)
    spec = spec_of(interpret(parse("turn round, walk 2 m, stop there", 2.9), amounts))
    turn, way, hold = spec.phases
    assert not spec.repeat
    assert isinstance(turn.until, Reached)
    assert (turn.until.quantity, round(turn.until.by, 3)) == ("heading", 3.142)
    assert isinstance(way.until, Reached)
    assert (way.until.quantity, way.until.by) == ("way", 2.0)
    assert isinstance(hold.until, Hold)
    direct = candidates_of(spec, GO1)[0]
    assert direct.phases_s[:2] == pytest.approx((math.pi / 0.7, 4.0), abs=0.01)
    assert not direct.repeat
    assert "jnp.mod" not in direct.code
    checks = {check.id: check for check in direct.checks}
    assert checks["second_facing"].at_least == pytest.approx(math.pi - 0.2, abs=0.01)
    assert checks["third_place"].at_most == pytest.approx(2.25, abs=0.01)


def test_what_is_done_again_and_again_begins_again() -> None:
    amounts = Amounts.of(GO1)
    spec = spec_of(interpret(parse("crouch, then hop, and repeat", 2.9), amounts))
    assert spec.repeat
    written = candidates_of(spec, GO1)[0]
    assert written.repeat
    assert "jnp.mod(state.time(), 8.0)" in written.code


def test_a_specification_of_ones_own_is_written_for_like_a_sentence() -> None:
    spec = asking(forward_speed=Constant(value=0.5), roll=Sinusoid(amplitude=0.2, hz=1.0))
    written = candidates_of(spec, GO1)
    assert [one.name for one in written] == ["Direct", "Smooth", "All at once"]
    assert all(one.motion == spec for one in written)
    assert "velocity[0] - 0.5" in written[0].code
    assert {check.id for check in written[0].checks} >= {"forward", "roll_amplitude", "falls"}


def test_the_most_of_something_is_what_was_measured_of_the_robot() -> None:
    for robot in ROBOTS:
        (goal,) = plan_of(asking(forward_speed=Extreme()), robot).parts
        assert goal.vx == Amounts.of(robot)["forward"]["limit"]
    (back,) = plan_of(asking(forward_speed=Extreme(sense="least")), GO1).parts
    assert back.vx == -Amounts.of(GO1)["backward"]["limit"]


@pytest.mark.parametrize(
    ("spec", "code", "words"),
    [
        (asking(forward_speed=Constant(value=9.0)), "motion_beyond", "forward speed of 9 m/s"),
        (asking(roll=Sinusoid(amplitude=0.2, hz=9.0)), "motion_beyond", "roll at 9 Hz"),
        (asking(roll=Sinusoid(amplitude=1.2, hz=1.0)), "motion_beyond", "up to ±0.25"),
        (asking(foot_height__FR=Constant(value=0.5)), "motion_beyond", "lifted foot"),
        (
            asking(foot_height__FR=Constant(value=0.1), forward_speed=Constant(value=0.5)),
            "motion_beyond",
            "on three legs it stays in place",
        ),
        (asking(foot_height__FR=Constant(value=0.0)), "motion_beyond", "lifted foot of 0 m"),
        (asking(rearing=Constant(value=0.0)), "motion_beyond", "rearing of 0 rad"),
        (asking(hop_height=Constant(value=0.0)), "motion_beyond", "0.001 to"),
        (asking(wings=Constant(value=1.0)), "bad_motion", "there is no wings"),
        (asking(foot_height=Constant(value=0.1)), "bad_motion", "needs a part: one of FR, FL"),
        (asking(roll__FR=Constant(value=0.1)), "bad_motion", "roll has no parts"),
        (asking(hop_rate=Sinusoid(amplitude=0.1, hz=1.0)), "bad_motion", "constant"),
        (MotionSpec(phases=(Phase(),)), "bad_motion", "asks for nothing"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(
    spec: MotionSpec, code: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        candidates_of(spec, GO1)
    assert refused.value.code == code
    assert words in refused.value.message


WALK = Target(quantity="forward_speed", shape=Constant(value=0.5))


def ending(by: float, quantity: str, *targets: Target, gait: str | None = None) -> MotionSpec:
    """A phase that ends by a quantity, and standing after it."""
    still = Target(quantity="planar_speed", shape=Constant(value=0.0))
    first = Phase(targets=targets, gait=gait, until=Reached(quantity=quantity, by=by))
    return MotionSpec(phases=(first, Phase(targets=(still,))))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ending(1.0, "way", WALK, gait="gallop"), "there is no gait gallop"),
        (ending(1.0, "heading", WALK), "needs a yaw_rate of the same sign"),
        (ending(1.0, "height", WALK), "no phase ends by height; use heading or way"),
        (ending(-1.0, "way", WALK), "a way above 0 m"),
        (ending(19.0, "way", WALK), "38 s for 19 m at its speed, more than its within_s of 20"),
        (
            asking(planar_speed=Constant(value=0.0), forward_speed=Constant(value=0.5)),
            "stands still by planar_speed and has a speed",
        ),
        (asking(planar_speed=Constant(value=0.5)), "planar_speed can only be constant (value 0)"),
        (asking(way=Constant(value=2.0)), "way can only end a phase"),
        (
            asking(roll=Sinusoid(amplitude=0.1, hz=1.0), pitch=Sinusoid(amplitude=0.1, hz=2.0)),
            "one hz for all",
        ),
        (
            asking(hop_height=Constant(value=0.05), hop_rate=Constant(value=1.7)).model_copy(
                update={"tempo_hz": 2.0}
            ),
            "hops at 1.7 Hz do not keep the tempo of 2 Hz",
        ),
        (asking(heading=Sinusoid(mean=0.2, amplitude=0.1, hz=1.0)), "can only swing about 0"),
        (
            asking(foot_height__FR=Constant(value=0.1), foot_height__FL=Constant(value=0.1)),
            "foot_height of FR cannot be held",
        ),
    ],
)
def test_nothing_of_it_is_lost_without_a_word(spec: MotionSpec, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        candidates_of(spec, GO1)
    assert refused.value.code == "bad_motion"
    assert words in refused.value.message


def tolerant(tolerance: float | None, **targets: Shape) -> MotionSpec:
    """One phase whose first target may be missed by so much."""
    (phase,) = asking(**targets).phases
    first = phase.targets[0].model_copy(update={"tolerance": tolerance})
    return MotionSpec(phases=(phase.model_copy(update={"targets": (first, *phase.targets[1:])}),))


@pytest.mark.parametrize(
    ("targets", "bell", "check", "low", "high"),
    [
        ({"forward_speed": Constant(value=0.5)}, "velocity[0] - 0.5, 0.05)", "forward", 0.45, 0.55),
        ({"yaw_rate": Constant(value=-1.0)}, "[2] + 1.0, 0.05)", "turning", -1.05, -0.95),
        ({"height": Constant(value=0.24)}, "height() - 0.24, 0.05)", "height", 0.19, 0.29),
        ({"pitch": Constant(value=0.2)}, "pitch() - 0.2, 0.05)", "pitch", 0.15, 0.25),
        ({"rearing": Constant(value=0.8)}, "pitch() + 0.8, 0.05)", "nose_up", -0.85, -0.75),
        ({"foot_height__FR": Constant(value=0.1)}, "[0] - 0.1, 0.05)", "paw_height", 0.05, 0.15),
        (
            {"roll": Sinusoid(amplitude=0.2, hz=1.0)},
            "roll() - 0.2 * jnp.sin(state.phase(1.0)), 0.05)",
            "roll_amplitude",
            0.15,
            0.25,
        ),
    ],
)
def test_a_tolerance_is_as_wide_as_bell_and_bounds(
    targets: dict[str, Shape], bell: str, check: str, low: float, high: float
) -> None:
    spec = tolerant(0.05, **targets)
    direct = candidates_of(spec, GO1)[0]
    assert direct.motion == spec
    assert bell in direct.code
    (bounds,) = (one for one in direct.checks if one.id == check)
    assert (bounds.at_least, bounds.at_most) == pytest.approx((low, high))
    assert candidates_of(tolerant(None, **targets), GO1)[0].code != direct.code


def test_a_phase_is_kept_by_the_reference_and_its_rate() -> None:
    spec = asking(
        roll=Sinusoid(amplitude=0.2, hz=1.0),
        pitch=Sinusoid(amplitude=0.1, hz=1.0, phase=math.pi / 2),
    )
    direct, smooth, _ = candidates_of(spec, GO1)
    assert direct.motion == spec
    assert "0.2 * jnp.sin(state.phase(1.0)), 0.18)" in direct.code
    assert "0.1 * jnp.sin(state.phase(1.0, 0.25)), 0.09)" in direct.code
    assert "jnp.cos(state.phase(1.0, 0.25))" in smooth.code


def beating(tempo_hz: float, **targets: Shape) -> MotionSpec:
    """One phase that keeps a tempo."""
    named = [Target(quantity=name, shape=shape) for name, shape in targets.items()]
    return MotionSpec(phases=(Phase(targets=tuple(named)),), tempo_hz=tempo_hz)


def test_everything_keeps_the_tempo() -> None:
    """What says no frequency comes once a beat, and the rest in time with it."""
    spec = beating(1.5, roll=Sinusoid(amplitude=0.2), pitch=Sinusoid(amplitude=0.1, hz=0.75))
    direct = candidates_of(spec, GO1)[0]
    assert direct.motion == spec
    assert "0.2 * jnp.sin(state.phase(1.5))" in direct.code
    assert "0.1 * jnp.sin(state.phase(0.75))" in direct.code
    hops = beating(1.75, hop_height=Constant(value=0.05))
    hopping = candidates_of(hops, GO1)[0]
    assert hopping.motion == hops
    beat = next(check for check in hopping.checks if check.id == "hop_beat")
    assert (beat.at_least, beat.at_most) == (1.49, 2.01)
    assert spec_of(plan_of(spec, GO1)) == spec


def test_what_does_not_keep_the_tempo_is_no_specification() -> None:
    with pytest.raises(ValueError, match="does not keep the tempo of 2 Hz"):
        beating(2.0, roll=Sinusoid(amplitude=0.2, hz=1.3))
    with pytest.raises(ValueError, match="say its hz, or a tempo_hz"):
        asking(roll=Sinusoid(amplitude=0.2))
    with pytest.raises(Invalid, match="roll at 9 Hz"):
        candidates_of(beating(9.0, roll=Sinusoid(amplitude=0.2)), GO1)


def test_what_ends_ends_by_standing_still() -> None:
    walk = Phase(targets=(WALK,), until=Duration(seconds=3.0))
    written = candidates_of(MotionSpec(phases=(walk,)), GO1)[0]
    assert written.motion is not None
    assert written.phases_s == (3.0, 7.0)
    assert written.motion.phases[1].find("planar_speed") is not None
    full = (walk.model_copy(update={"until": Duration(seconds=2.0)}),) * MAX_PHASES
    with pytest.raises(Invalid, match="no room for one that is held"):
        candidates_of(MotionSpec(phases=full), GO1)


def test_a_slower_turn_takes_longer_and_turns_as_far() -> None:
    amounts = Amounts.of(GO1)
    spec = spec_of(interpret(parse("turn round and then stand still", 2.9), amounts))
    slow = Target(quantity="yaw_rate", shape=Constant(value=0.5))
    turn = spec.phases[0].model_copy(update={"targets": (slow,)})
    edited = candidates_of(spec.model_copy(update={"phases": (turn, *spec.phases[1:])}), GO1)[0]
    assert edited.phases_s[0] == pytest.approx(math.pi / 0.5, abs=0.01)
    facing = next(check for check in edited.checks if check.id == "second_facing")
    assert facing.at_most == pytest.approx(math.pi + 0.2, abs=0.01)


def test_nothing_follows_what_is_held_for_ever() -> None:
    walk = Target(quantity="forward_speed", shape=Constant(value=0.5))
    with pytest.raises(ValueError, match="phase 1 is held for ever"):
        MotionSpec(phases=(Phase(targets=(walk,)), Phase()))
    with pytest.raises(ValueError, match="repeat needs two"):
        MotionSpec(phases=(Phase(targets=(walk,), until=Duration(seconds=2.0)),), repeat=True)
    with pytest.raises(ValueError, match="more than one target for forward_speed"):
        Phase(targets=(walk, walk))
    MotionSpec(phases=(Phase(targets=(walk,), until=Duration(seconds=2.0)), Phase(until=Hold())))
