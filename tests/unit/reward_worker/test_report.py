"""What recorded motion says of a candidate: terms, traps, phases and likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec
from tabrl.control.rollout import Rollout
from tabrl.domain.errors import Invalid
from tabrl.domain.report import CandidateReport, ClipScore, MotionPreview
from tabrl.robots import get_robot
from tabrl.sim.motion_library import MotionLibrary
from tabrl.sim.reward.function import export_reward
from tabrl_reward_worker.building import BuiltCandidate
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.report import compare, report_on, with_similarity
from tabrl_reward_worker.sandbox import BuiltReward
from tests.support.motion_library import made_up_bank

GO1 = get_robot("go1")
WALKS = {"quantity": "forward_speed", "statistic": "mean", "at_least": 0.3}
STANDS = {"quantity": "planar_speed", "statistic": "mean", "at_most": 0.1}
UPRIGHT = {"quantity": "fallen", "statistic": "any", "at_most": 0.02}
BOWS = {"quantity": "pitch", "statistic": "mean", "at_least": 0.2}
SPEED = "state.base_linear_velocity()[0]"


@pytest.fixture(scope="module")
def bank() -> MotionLibrary:
    return made_up_bank(GO1)


def report(
    bank: MotionLibrary,
    terms: dict[str, tuple[float, str]],
    *checks: dict[str, object],
    phases_s: tuple[float, ...] = (),
    before: str = "",
    assumed: tuple[str, ...] = (),
) -> tuple[CandidateReport, MotionPreview]:
    """The report on a reward of `terms`: name to weight and expression."""
    lines = ", ".join(f'"{name}": {text}' for name, (_, text) in terms.items())
    weights = {name: weight for name, (weight, _) in terms.items() if name not in assumed}
    code = f"{before}WEIGHTS = {weights}\ndef reward(state, action):\n    return {{{lines}}}\n"
    built = export_reward(code, GO1)
    specs = tuple(
        CheckSpec.model_validate({"id": f"c{n}", **check}) for n, check in enumerate(checks)
    )
    candidate = RewardCandidate("Name", "Idea", code, weights, specs, phases_s)
    reward = BuiltReward(built.blob, built.terms, built.weights, built.assumed)
    return report_on(BuiltCandidate(candidate, reward), bank)


def codes(report: CandidateReport) -> set[str]:
    return {finding.code for finding in (*report.failures, *report.warnings)}


def test_a_sound_reward_is_reported_without_a_complaint(bank: MotionLibrary) -> None:
    terms = {"go": (2.0, f"rl.gaussian({SPEED} - 0.5, 0.3)"), "level": (1.0, "state.uprightness()")}
    found, preview = report(bank, terms, WALKS, UPRIGHT)
    assert found.failures == found.warnings == ()
    assert found.meets == ("walk",)
    assert found.best_clip == preview.clip == found.clips[0].clip == "walk"
    assert preview.qpos == np.round(bank.qpos[:, 1].astype(float), 4).tolist()
    assert found.margin is not None
    assert found.margin > 1.0
    assert found.rank["walk"] == 1
    assert found.rank.keys() == {"stand", "walk", "fall", "random"}
    assert found.rank["fall"] > found.rank["stand"]
    scores = [clip.score for clip in found.clips]
    assert scores == sorted(scores, reverse=True)
    assert found.notes[0].startswith("Likes most: walk,")
    assert found.notes[-1] == "Already meets the success checks: walk."


def test_terms_are_measured_without_and_with_their_weight(bank: MotionLibrary) -> None:
    terms = {
        "fixed": (5.0, "3.0"),
        "go": (2.0, SPEED),
        "lean": (1.0, "state.roll()"),
        "leaning": (1.0, "57.3 * state.roll()"),
        "unused": (0.0, "state.pitch()"),
    }
    found, _ = report(bank, terms, WALKS)
    by_name = {term.name: term for term in found.terms}
    speed = bank.rollout.base_linear_velocity[..., 0]
    assert by_name["go"].scale == pytest.approx(float(speed.std()), rel=1e-3)
    assert by_name["go"].weight == 2.0
    assert by_name["leaning"].scale == pytest.approx(57.3 * by_name["lean"].scale, rel=1e-3)
    assert by_name["leaning"].same_as == "lean"
    assert by_name["lean"].same_as is None
    assert by_name["fixed"].constant
    assert not by_name["go"].constant
    assert by_name["unused"].share == by_name["fixed"].share == 0.0
    assert by_name["leaning"].share > 0.9
    assert sum(term.share for term in found.terms) == pytest.approx(1.0, abs=1e-3)
    assert {"constant_term", "redundant_term"} <= codes(found)
    assert "Terms lean and leaning say the same" in " ".join(found.notes)


def test_terms_that_cancel_each_other_are_named(bank: MotionLibrary) -> None:
    both = {"a": (2.0, "state.roll()"), "b": (-1.0, "3.0 * state.roll()"), "go": (1.0, SPEED)}
    found, _ = report(bank, both, WALKS)
    assert "opposed_terms" in codes(found)
    assert "redundant_term" not in codes(found)
    assert found.terms[1].same_as == "a"


def test_a_term_that_drowns_the_others_is_named(bank: MotionLibrary) -> None:
    found, _ = report(bank, {"a": (1.0, "state.roll()"), "b": (500.0, "state.pitch()")})
    assert "one_term_rules" in codes(found)
    assert any(note.startswith("Term b outweighs") for note in found.notes)


@pytest.mark.parametrize(
    ("term", "code", "words"),
    [
        ((1.0, "jnp.log(state.fallen())"), "not_finite", "not finite"),
        ((1.0, "jnp.sqrt(6.0 - state.time())"), "not_finite", "not finite"),
        ((1.0, "2.5"), "nothing_varies", "nothing to learn"),
        ((0.0, SPEED), "all_zero", "zero whatever"),
        ((1.0, "0.0 * state.roll()"), "all_zero", "zero whatever"),
        ((1.0, "state.fallen()"), "fall_pays_best", "Falling over pays more than any other"),
        ((1.0, "rl.norm(state.action())"), "random_pays_best", "Moving at random pays more"),
        ((900.0, "100.0 * state.pitch()"), "absurd_scale", "in every step"),
    ],
)
def test_a_reward_that_cannot_work_fails(
    bank: MotionLibrary, term: tuple[float, str], code: str, words: str
) -> None:
    found, _ = report(bank, {"a": term}, WALKS)
    assert [finding.code for finding in found.failures] == [code]
    assert words in found.failures[0].message
    assert words in " ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (f"-jnp.abs({SPEED})", "stand_pays", "Standing still pays more than the asked motion"),
        (
            f"0.02 * {SPEED} - jnp.abs(state.base_angular_velocity()[2])",
            "stand_pays",
            "Standing still pays nearly as much as the asked motion (walk)",
        ),
        (
            f"rl.gaussian({SPEED} + 0.5, 0.2) + 0.2 * state.fallen()",
            "fall_pays",
            "Falling over pays more than the asked motion (walk)",
        ),
        (f"-{SPEED}", "another_motion_pays", '"backwards" pays more than "walk"'),
        ("-state.fallen()", "all_alike", "the same for every recorded motion"),
    ],
)
def test_traps_are_told_in_words(bank: MotionLibrary, text: str, code: str, words: str) -> None:
    found, _ = report(bank, {"a": (1.0, text)}, WALKS, UPRIGHT)
    assert found.failures == ()
    messages = [finding.message for finding in found.warnings if finding.code == code]
    assert messages
    assert words in messages[0]


def test_standing_best_is_no_trap_where_standing_was_asked_for(bank: MotionLibrary) -> None:
    still = {
        "still": (-1.0, "rl.norm(state.base_linear_velocity())"),
        "fall": (-5.0, "state.fallen()"),
    }
    found, _ = report(bank, still, STANDS, UPRIGHT)
    assert "stand" in found.meets
    assert found.best_clip in found.meets
    assert "stand_pays" not in codes(found)
    assert found.margin is not None
    assert found.margin > 0.0
    # The same reward for a task that is to walk.
    found, _ = report(bank, still, WALKS, UPRIGHT)
    assert "stand_pays" in codes(found)
    assert found.margin is not None
    assert found.margin < 0.0


def test_without_a_recording_of_what_was_asked_there_is_no_margin(bank: MotionLibrary) -> None:
    fast = {"quantity": "forward_speed", "statistic": "mean", "at_least": 1.5}
    found, _ = report(bank, {"go": (1.0, SPEED)}, fast, UPRIGHT)
    assert found.meets == ()
    assert found.margin is None
    assert [finding.code for finding in found.warnings] == ["nothing_recorded"]


def test_checks_that_falling_would_pass_are_too_easy(bank: MotionLibrary) -> None:
    found, _ = report(bank, {"go": (1.0, SPEED)}, STANDS)
    assert "easy_checks" in codes(found)
    assert "fall" not in found.meets


def test_a_check_that_cannot_be_measured_fails_the_candidate_and_is_named_once(
    bank: MotionLibrary,
) -> None:
    tail = {"quantity": "foot_height", "part": "tail", "statistic": "mean", "at_least": 0.1}
    late = {**WALKS, "start_s": 12.0, "end_s": 15.0}
    found, _ = report(bank, {"go": (1.0, SPEED)}, tail, late, WALKS, UPRIGHT)
    assert [finding.code for finding in found.failures] == ["bad_check", "bad_check"]
    assert "tail" in found.failures[0].message
    assert "begins after" in found.failures[1].message
    assert found.warnings == ()
    assert found.meets == ("walk",)
    assert sum("tail" in note for note in found.notes) == 1


def test_an_artifact_that_cannot_be_used_is_no_fault_of_a_check(bank: MotionLibrary) -> None:
    broken = BuiltReward(b"no artifact", ("go",), {"go": 1.0})
    walks = CheckSpec.model_validate({"id": "walks", **WALKS})
    with pytest.raises(Invalid):
        report_on(
            BuiltCandidate(RewardCandidate("Name", "Idea", "", {"go": 1.0}, (walks,)), broken), bank
        )


@pytest.mark.parametrize("phases_s", [(5.0, 5.0), (1.5, 2.0), (2.0, 9.0)])
def test_one_thing_after_another_is_judged_phase_by_phase(
    bank: MotionLibrary, phases_s: tuple[float, float]
) -> None:
    bows, lasts = phases_s[0], sum(phases_s)
    first = {"start_s": 0.5, "end_s": bows}
    then = {"start_s": bows + 0.5, "end_s": lasts}
    gate = f"(jnp.mod(state.time(), {lasts}) < {bows})"
    terms = {
        "bow": (1.0, f"jnp.where({gate}, rl.gaussian(state.pitch() - 0.3, 0.1), 0.0)"),
        "go": (1.0, f"jnp.where({gate}, 0.0, rl.gaussian({SPEED} - 0.5, 0.2))"),
        "up": (-3.0, "state.fallen()"),
    }
    asked = ({**BOWS, **first}, {**WALKS, **then}, UPRIGHT)
    found, preview = report(bank, terms, *asked, phases_s=phases_s)
    assert found.failures == found.warnings == ()
    assert found.meets == ("bow", "walk")
    assert preview.clip == "bow, then walk"
    assert len(preview.qpos) == 2 * len(bank.qpos)
    assert {clip.clip for clip in found.clips[:2]} == {"bow", "walk"}
    # The second motion goes on from where the first one ended.
    length = len(bank.qpos)
    ended, begun = np.array(preview.qpos[length - 1]), np.array(preview.qpos[length])
    assert begun[:2] == pytest.approx(ended[:2], abs=1e-3)
    # Where the later part pays for standing instead, its trap is seen.
    lazy = {**terms, "go": (1.0, f"jnp.where({gate}, 0.0, rl.gaussian({SPEED}, 0.2))")}
    found, _ = report(bank, lazy, *asked, phases_s=phases_s)
    assert "stand_pays" in codes(found)


def test_a_phase_without_checks_is_not_missed_in_the_recordings(bank: MotionLibrary) -> None:
    found, _ = report(
        bank, {"go": (1.0, SPEED)}, {**WALKS, "start_s": 4.5, "end_s": 8.0}, phases_s=(4.0, 4.0)
    )
    assert found.meets == ("walk",)
    assert "nothing_recorded" not in codes(found)


@pytest.mark.parametrize(
    ("text", "phases_s", "finite"),
    [
        ("jnp.sqrt(state.time() - 0.5)", (), False),
        ("jnp.sqrt(9.5 - state.time())", (), False),
        ("jnp.sqrt(10.0 - state.time())", (), True),
        ("jnp.sqrt(15.0 - state.time())", (), True),
        ("jnp.sqrt(15.0 - state.time())", (8.0, 8.0), False),
    ],
)
def test_all_of_an_episode_is_looked_at(
    bank: MotionLibrary, text: str, phases_s: tuple[float, ...], finite: bool
) -> None:
    # As with recorded clips, which begin settled.
    rollout = Rollout({**bank.rollout.fields, "time": bank.rollout.time + 1.0})
    terms = {"time": (0.01, text), "go": (1.0, SPEED)}
    found, _ = report(replace(bank, rollout=rollout), terms, WALKS, phases_s=phases_s)
    assert ("not_finite" not in codes(found)) == finite


def test_a_term_that_begins_late_is_not_called_constant(bank: MotionLibrary) -> None:
    terms = {
        "late": (1.0, f"jnp.where(state.time() > 6.0, {SPEED}, 0.0)"),
        "go": (1.0, SPEED),
    }
    found, _ = report(bank, terms, WALKS)
    assert not any(term.constant for term in found.terms)


def scored(scores: Sequence[float]) -> CandidateReport:
    return CandidateReport(
        clips=tuple(ClipScore(clip=f"clip {n}", score=score) for n, score in enumerate(scores))
    )


def test_candidates_are_compared_by_the_order_of_their_clips() -> None:
    reports = [scored([1, 2, 3, 4]), scored([1, 8, 27, 64]), scored([9, 8, 7, 6]), scored([2] * 4)]
    table = compare(reports)
    assert table[1] == {2: 1.0, 3: -1.0, 4: 0.0}
    assert table.keys() == {1, 2, 3, 4}
    # Ties share a rank: 1, 2, 3, 4 against 1.5, 1.5, 3.5, 3.5.
    assert compare([scored([1, 2, 3, 4]), scored([0, 0, 5, 5])])[1][2] == pytest.approx(0.8944)
    assert with_similarity(reports)[0].similarity == table[1]
    assert compare([scored([1, 2])]) == {1: {}}


def test_a_report_stored_before_still_loads() -> None:
    old = {"clips": [{"clip": "walk", "score": 1.0}], "best_clip": "walk", "notes": ["a note"]}
    found = CandidateReport.model_validate(old)
    assert found.warnings == found.failures == ()
    assert found.terms == ()
    again = CandidateReport.model_validate_json(
        found.model_copy(update={"similarity": {2: 0.5}}).model_dump_json()
    )
    assert again.similarity == {2: 0.5}


def test_a_weight_that_nobody_gave_is_said(bank: MotionLibrary) -> None:
    terms = {"go": (2.0, f"rl.gaussian({SPEED} - 0.5, 0.3)"), "level": (1.0, "state.uprightness()")}
    found, _ = report(bank, terms, WALKS, UPRIGHT, assumed=("level",))
    (warning,) = found.warnings
    assert warning.code == "assumed_weight"
    assert "Term level" in warning.message
    assert warning.message in found.notes
    given, _ = report(bank, terms, WALKS, UPRIGHT)
    assert found.clips == given.clips


def test_a_clipped_total_pays_nothing_less_than_zero(bank: MotionLibrary) -> None:
    terms = {"go": (1.0, SPEED), "late": (-1.0, "jnp.ones(()) * 0.2")}
    plain, _ = report(bank, terms, WALKS)
    clipped, _ = report(bank, terms, WALKS, before="CLIP_TOTAL = True\n")
    before = {clip.clip: clip for clip in plain.clips}
    after = {clip.clip: clip for clip in clipped.clips}
    assert before["stand"].score < -0.1
    assert all(clip.score >= 0.0 for clip in after.values())
    assert all(after[name].terms == clip.terms for name, clip in before.items())
    never, _ = report(
        bank, {"cost": (-1.0, "1.0 + state.time()")}, WALKS, before="CLIP_TOTAL = True\n"
    )
    assert "all_zero" in codes(never)


def test_recorded_motion_is_remembered_from_the_clips_begin_on(bank: MotionLibrary) -> None:
    terms = {
        "go": (1.0, f"rl.running_mean({SPEED}, 0.5)"),
        "top": (1.0, f"rl.best_so_far({SPEED})"),
    }
    found, _ = report(bank, terms, WALKS)
    assert found.best_clip == "walk"
    top = {clip.clip: clip.terms["top"] for clip in found.clips}
    speed = bank.rollout.base_linear_velocity[..., 0]
    best = np.maximum.accumulate(speed, axis=0).mean(0)
    assert top == {
        clip: pytest.approx(best[index], abs=1e-3) for index, clip in enumerate(bank.clips)
    }
