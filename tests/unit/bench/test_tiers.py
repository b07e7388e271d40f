"""What is said of ten minutes against one."""

from __future__ import annotations

import pytest
from bench.robot import ROBOT
from bench.tasks.body import body_of
from bench.tasks.run_result import Interval, PolicyScore
from bench.tasks.suite import suite_of
from bench.tiers.report import markdown
from bench.tiers.run import Duel, Length, TierScore, over_seeds

from tabrl.contracts.comparison import Comparison
from tabrl.contracts.tiers import EvaluationPoint, Tier
from tabrl.contracts.training import TrainBudget

HOP = suite_of(body_of(ROBOT)).find(["hop"])[0]


def score(tier: Tier, reward: float, best_at: float) -> TierScore:
    points = tuple(
        EvaluationPoint(
            minutes=minutes, update=n, samples=n, reward=reward, reward_ci95=0.0, fall_rate=0.0,
            checks={}, passed=0, best=best,
        )
        for n, (minutes, best) in enumerate([(0.2, True), (best_at, True), (9.0, False)])
    )  # fmt: skip
    measured = PolicyScore(
        reward=Interval(mean=reward, ci95=0.01),
        values=tuple(Interval(mean=0.3, ci95=0.02) for _ in HOP.bounds),
        success=1.0,
        fall_rate=0.0,
        episodes=64,
    )
    last = points[0].model_copy(update={"minutes": 9.8})
    return TierScore(
        tier=tier, minutes=10.0, seconds=606.0, samples=4_200_000, delivered="result",
        program_words="hop", score=measured, history=(*points, last),
    )  # fmt: skip


def duel(seed: int, short: float, long: float) -> Duel:
    return Duel(
        task="hop",
        seed=seed,
        short=score(Tier.FINE_TUNE, short, 0.9),
        long=score(Tier.FULL, long, 6.4),
        comparison=Comparison.of(short, long - short, 0.02, 64),
    )


def test_a_single_seed_has_the_interval_of_its_episodes() -> None:
    effect = over_seeds([duel(0, 1.0, 1.2)])
    assert effect.mean == pytest.approx(0.2)
    assert effect.ci95 == pytest.approx(0.02)


def test_seeds_have_students_interval() -> None:
    effect = over_seeds([duel(0, 1.0, 1.1), duel(1, 1.0, 1.2), duel(2, 1.0, 1.3)])
    assert effect.mean == pytest.approx(0.2)
    assert effect.ci95 == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-3)


def test_the_table_says_whether_it_pays() -> None:
    text = markdown([HOP], [duel(0, 1.0, 1.2)])
    rows = [line for line in text.splitlines() if line.startswith("| **hop**")]
    assert len(rows) == 2
    assert "| +20.0% ± 2.0% |" in rows[1]
    assert rows[1].endswith("| 6.4 |")  # when the best was found, not when it was measured again
    assert "**hop**: +20.0% ± 2.0%" in text
    assert "better, interval apart from zero" in text
    worse = markdown([HOP], [duel(0, 1.0, 1.01), duel(1, 1.0, 0.9)])
    assert "not shown to be better" in worse


def test_a_try_is_shorter_than_minutes() -> None:
    assert Length(Tier.FULL, 10).budget == TrainBudget.of(Tier.FULL, 10)
    assert Length(Tier.FINE_TUNE, 1).budget == TrainBudget()
    assert Length(Tier.FULL, 0.5).budget.ppo_s == 8.0
