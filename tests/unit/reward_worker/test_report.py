"""Traps that the behaviour bank shows."""

from __future__ import annotations

import pytest

from tabrl.robots import get_robot
from tabrl.sim.bank import Bank
from tabrl.sim.reward import export_reward
from tabrl_reward_worker.building import BuiltDraft
from tabrl_reward_worker.drafts import Draft
from tabrl_reward_worker.jail import BuiltReward
from tabrl_reward_worker.report import report_on
from tests.support.bank import made_up_bank

GO1 = get_robot("go1")


@pytest.fixture(scope="module")
def bank() -> Bank:
    return made_up_bank(GO1)


@pytest.mark.parametrize(
    ("weights", "terms", "note"),
    [
        ({"a": 1.0}, {"a": "state.fallen()"}, "Trap: fall pays more"),
        ({"a": 1.0}, {"a": "-rl.norm(state.base_linear_velocity())"}, "standing still pays most"),
        ({"a": 1.0, "b": 1.0}, {"a": "3.0", "b": "state.roll()"}, "Term a is the same"),
        ({"a": 1.0, "b": 1.0}, {"a": "state.roll()", "b": "1e4 * state.pitch()"}, "Term b outw"),
        ({"a": 1.0}, {"a": "jnp.log(state.fallen())"}, "not finite"),
    ],
)
def test_a_peculiar_reward_is_noted(
    bank: Bank, weights: dict[str, float], terms: dict[str, str], note: str
) -> None:
    lines = ", ".join(f'"{name}": {text}' for name, text in terms.items())
    code = f"WEIGHTS = {weights}\ndef reward(state, action):\n    return {{{lines}}}\n"
    built = export_reward(code, GO1)
    draft = Draft("Name", "Idea", code, weights, ())
    reward = BuiltReward(built.blob, built.terms, built.weights)
    report, preview = report_on(BuiltDraft(draft, reward), bank)
    assert note in " ".join(report.notes)
    assert preview.clip == report.best_clip == report.clips[0].clip
    scores = [clip.score for clip in report.clips]
    assert scores == sorted(scores, reverse=True)
