"""The rule-based candidates are a choice: two of them like different recorded motions."""

from __future__ import annotations

import os

import pytest

from tabrl.domain.errors import NotFound
from tabrl.robots import get_robot
from tabrl.sim.motion_library import MotionLibrary, load_motion_library
from tabrl.sim.reward.function import export_reward
from tabrl_reward_worker.building import BuiltCandidate
from tabrl_reward_worker.diversity import distinct
from tabrl_reward_worker.generator import generate
from tabrl_reward_worker.report import report_on
from tabrl_reward_worker.sandbox import BuiltReward
from tabrl_trainer.pretrained import load_pretrained

GO1 = get_robot("go1")


@pytest.fixture(scope="module")
def bank() -> MotionLibrary:
    try:
        return load_motion_library(load_pretrained("go1").library)
    except NotFound as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(error.message)


@pytest.mark.parametrize(
    "sentence",
    [
        *("hop on the spot", "bow", "sway your hips", "lift your left paw", "stand still"),
        *("jump forward 20 cm", "nod at 2 Hz"),
    ],
)
def test_at_least_two_candidates_like_different_motions(bank: MotionLibrary, sentence: str) -> None:
    candidates = generate(sentence, GO1).candidates
    reports = []
    for candidate in candidates:
        built = export_reward(candidate.code, GO1)
        reward = BuiltReward(built.blob, built.terms, built.weights)
        reports.append(report_on(BuiltCandidate(candidate, reward), bank)[0])
    kept, _ = distinct([candidate.name for candidate in candidates], reports)
    assert len(kept) >= 2
