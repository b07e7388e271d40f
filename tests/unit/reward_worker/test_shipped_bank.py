"""The composer's rewards and checks on the real robot's recorded motion."""

from __future__ import annotations

import os

import pytest

from tabrl.control.checks import evaluate_checks
from tabrl.domain.errors import NotFound
from tabrl.robots import get_robot
from tabrl.sim.bank import Bank, load_bank
from tabrl.sim.reward import export_reward
from tabrl_reward_worker.building import BuiltDraft
from tabrl_reward_worker.composer import compose
from tabrl_reward_worker.composer.goal import goal_of
from tabrl_reward_worker.composer.reader import read
from tabrl_reward_worker.jail import BuiltReward
from tabrl_reward_worker.report import report_on
from tabrl_trainer.base.shipped import load_shipped
from tests.unit.reward_worker.sentences import UNDERSTOOD

GO1 = get_robot("go1")
LIKED = {
    "walk forward": "walk",
    "walk backwards": "backwards",
    "walk sideways": "sideways",
    "spin": "spin",
    "crouch low and creep forward": "creep",
    "bow": "bow",
    "stand still": "stand",
}
UNWANTED = ("stand", "walk", "fall", "random")


@pytest.fixture(scope="module")
def bank() -> Bank:
    try:
        return load_bank(load_shipped("go1").bank)
    except NotFound as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(error.message)


@pytest.mark.parametrize(("sentence", "clip"), LIKED.items())
def test_every_candidate_likes_the_motion_that_was_asked_for(
    bank: Bank, sentence: str, clip: str
) -> None:
    for draft in compose(sentence, GO1).drafts:
        built = export_reward(draft.code, GO1)
        reward = BuiltReward(built.blob, built.terms, built.weights)
        report, _ = report_on(BuiltDraft(draft, reward), bank)
        assert report.best_clip == clip, (draft.name, report.clips[:3])
        assert not [note for note in report.notes if note.startswith("Trap")]


@pytest.mark.parametrize("sentence", UNDERSTOOD)
def test_checks_reject_recorded_motion_that_was_not_asked_for(bank: Bank, sentence: str) -> None:
    goal = goal_of(read(sentence))
    seconds = bank.tape.shape[0] * 0.02
    checks = [
        check.model_copy(update={"start_s": 0.0, "end_s": seconds})
        for check in compose(sentence, GO1).drafts[0].checks
    ]
    for clip in UNWANTED:
        fields = bank.clip(clip).fields
        values = evaluate_checks(checks, fields, GO1.foot_names, GO1.foot_radius)
        met = all(check.passed(value) for check, value in zip(checks, values, strict=True))
        asked = (clip == "stand" and goal.still) or (clip == "walk" and goal.walks_like_base())
        assert not met or asked, clip
