"""Base policies: what ships, what they are trained on, and that training can be interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tabrl_trainer.base.train
from tabrl.adapters.memory import MemoryBlobStore
from tabrl.control.policy import load_policy
from tabrl.control.program import BEAT_RANGE, LOWER, SWING, UPPER, CommandProgram
from tabrl.domain.errors import NotFound
from tabrl.domain.models import Model
from tabrl.robots import scene_sha256
from tabrl.sim.bank import AVOID, load_bank
from tabrl.sim.checkpoint import load_tree
from tabrl.sim.networks import policy_weights
from tabrl_trainer.base.card import Card
from tabrl_trainer.base.commands import CommandMix
from tabrl_trainer.base.reward import BaseWeights, base_terms
from tabrl_trainer.base.shipped import ShippedBase, load_shipped, seed_blobs, shipped_folder
from tabrl_trainer.base.train import BaseTraining, Stage
from tests.support.engine import GO1, ROBOTS, SMALL, CompiledLearner, fresh_state

BLOCK = SMALL.unroll * ROBOTS


def test_the_shipped_policy_is_for_the_scene_as_it_is(shipped: ShippedBase) -> None:
    header = load_policy(shipped.policy).header
    assert header.robot == GO1.id
    assert header.scene_sha256 == scene_sha256(GO1.id)
    assert header.program == CommandProgram()


def test_policy_and_training_state_ship_within_two_megabytes(shipped: ShippedBase) -> None:
    assert len(shipped.policy) + len(shipped.train_state) <= 2_000_000


def test_the_training_state_is_the_one_behind_the_policy(shipped: ShippedBase) -> None:
    state = load_tree(shipped.train_state, fresh_state(0))
    weights = load_policy(shipped.policy).weights
    trained = policy_weights(state.params.policy, state.normalizer)
    np.testing.assert_array_equal(trained.mean, weights.mean)
    for ours, theirs in zip(trained.layers, weights.layers, strict=True):
        np.testing.assert_array_equal(ours.kernel, theirs.kernel)


def test_in_the_shipped_bank_falls_fall_and_nothing_else_does(shipped: ShippedBase) -> None:
    bank = load_bank(shipped.bank)
    assert bank.robot == GO1.id
    assert bank.clip("fall").fallen[-1, 0] == 1.0
    assert bank.clip("stand").fallen.max() == 0.0
    upright = [name for name in bank.clips if name not in AVOID]
    assert [name for name in upright if bank.clip(name).fallen.any()] == []
    walk = bank.clip("walk").base_linear_velocity[:, 0, 0]
    assert 0.3 < float(walk.mean()) < 0.7


def test_every_row_of_the_shipped_card_is_reached() -> None:
    text = shipped_folder(GO1.id).joinpath("card.json").read_text()
    card = Card.model_validate(json.loads(text))
    assert card.robot == GO1.id
    assert len(card.rows) >= 5
    assert [row.command for row in card.rows if not row.passed] == []
    assert "reached" in card.markdown()


def test_a_robot_without_a_base_policy_is_named() -> None:
    with pytest.raises(NotFound) as caught:
        load_shipped("rex")
    assert caught.value.code == "no_base_policy"


def test_seeding_puts_base_and_bank_where_the_services_look_and_replaces_old_ones(
    shipped: ShippedBase,
) -> None:
    blobs = MemoryBlobStore()
    blobs.put(Model.base_params_key(GO1.id), b"of an older version")
    for _ in range(2):
        seed_blobs(blobs)
        assert blobs.get(Model.base_params_key(GO1.id)) == shipped.policy
        assert blobs.get(f"bank/{GO1.id}.npz") == shipped.bank


def test_drawn_commands_stay_within_what_is_trained() -> None:
    programs = CommandMix().sampler()(np.random.default_rng(0), 4000)
    assert np.all(programs.constant >= LOWER.astype(np.float32) - 1e-6)
    assert np.all(programs.constant <= UPPER.astype(np.float32) + 1e-6)
    assert np.all(np.abs(programs.amplitude) <= SWING + 1e-6)
    assert np.all(programs.beat_frequency >= BEAT_RANGE[0] - 1e-6)
    assert np.all(programs.beat_frequency <= BEAT_RANGE[1] + 1e-6)
    spread = np.ptp(programs.constant, axis=0)
    assert np.all(spread > 0.8 * (UPPER - LOWER))


def test_a_mix_draws_its_shares() -> None:
    rng = np.random.default_rng(0)
    programs = CommandMix(standing_share=0.5, modulated_share=0.0).sampler()(rng, 4000)
    assert np.abs(programs.amplitude).max() == 0.0
    assert np.mean(programs.walking() == 0.0) == pytest.approx(0.5, abs=0.06)
    timid = CommandMix(velocity=0.5, posture=0.0).sampler()(rng, 4000)
    assert np.abs(timid.constant[:, 3:]).max() == 0.0
    assert timid.constant[:, 0].max() <= 0.5 * UPPER[0] + 1e-6


STAGES = (
    Stage("first", 2 * BLOCK, BaseWeights(), CommandMix()),
    Stage("second", 4 * BLOCK, BaseWeights(), CommandMix(), randomise=True, push_speed=0.3),
)


@pytest.fixture
def _small_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabrl_trainer.base.train, "ROBOTS", ROBOTS)
    monkeypatch.setattr(tabrl_trainer.base.train, "CONFIG", SMALL)
    monkeypatch.setattr(tabrl_trainer.base.train, "Learner", CompiledLearner)


@pytest.mark.usefixtures("_small_base")
def test_base_training_goes_on_exactly_where_it_stopped(tmp_path: Path) -> None:
    training = BaseTraining(GO1, tmp_path, seed=0, curriculum=STAGES)
    seen = []
    for progress in training.run(save_every_s=-1.0):
        seen.append((progress.stage, progress.samples))
        if progress.samples == 4 * BLOCK:  # killed before this block was saved
            break
    assert seen == [("first", BLOCK), ("first", 2 * BLOCK), ("second", 3 * BLOCK),
                    ("second", 4 * BLOCK)]  # fmt: skip
    again = BaseTraining(GO1, tmp_path, seed=0, curriculum=STAGES)
    assert again.samples == 3 * BLOCK
    rest = [(progress.stage, progress.samples) for progress in again.run()]
    assert rest == [("second", n * BLOCK) for n in (4, 5, 6)]
    done = BaseTraining(GO1, tmp_path, seed=0, curriculum=STAGES)
    assert done.samples == done.total == 6 * BLOCK
    assert list(done.run()) == []
    weights = policy_weights(done.state.params.policy, done.state.normalizer)
    trained = policy_weights(again.state.params.policy, again.state.normalizer)
    np.testing.assert_array_equal(weights.layers[0].kernel, trained.layers[0].kernel)


def test_the_base_reward_prefers_the_commanded_motion(shipped: ShippedBase) -> None:
    bank = load_bank(shipped.bank)
    walk, stand = bank.clip("walk"), bank.clip("stand")
    zero = np.zeros(walk.shape, np.float32)
    terms = base_terms(walk, zero, zero + 1.0, GO1, BaseWeights())
    lazy = type(walk)({**stand.fields, "command": walk.command, "gait_phase": walk.gait_phase})
    other = base_terms(lazy, zero, zero + 1.0, GO1, BaseWeights())
    assert {name: value.shape for name, value in terms.items()} == dict.fromkeys(terms, walk.shape)
    assert terms["velocity"].mean() > 2.0 * other["velocity"].mean()
    assert terms["swing"].mean() > other["swing"].mean()
