"""Base policies: what ships, what they are trained on, and that training can be interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tabrl_trainer.pretraining.train
from tabrl.control import rotation
from tabrl.control.commands import (
    COUNT,
    HOP_FREQUENCY,
    JUMP,
    LIFT,
    LIFTED,
    LOWER,
    MODULATION_RANGE,
    REAR,
    STEP_RANGE,
    SWING,
    UPPER,
    VX,
    VY,
    YAW,
    CommandBatch,
    CommandSchedule,
)  # fmt: skip
from tabrl.control.gait import DUTY_FACTOR, GRAVITY, LONGEST_FLIGHT
from tabrl.control.policy import load_policy
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.rewards.schema import rollout_schema
from tabrl.robots import scene_sha256
from tabrl.sim.learning.checkpoint import load_tree
from tabrl.sim.learning.networks import policy_weights
from tabrl.sim.motion_library import NEGATIVE_REFERENCES, load_motion_library
from tabrl_trainer.pretrained import PretrainedPolicy, packaged_folder
from tabrl_trainer.pretraining.benchmarks import BENCHMARKS, Bound
from tabrl_trainer.pretraining.commands import CommandMix
from tabrl_trainer.pretraining.model_card import ModelCard
from tabrl_trainer.pretraining.reward import (
    REAR_CLEARANCE,
    BaseWeights,
    base_terms,
    reared_starts,
    rearing_pose,
)
from tabrl_trainer.pretraining.train import BaseTraining, Stage
from tests.support.engine import GO1, ROBOTS, SMALL, CompiledLearner, fresh_state

BLOCK = SMALL.unroll * ROBOTS


def test_the_shipped_policy_is_for_the_scene_as_it_is(shipped: PretrainedPolicy) -> None:
    header = load_policy(shipped.policy).header
    assert header.robot == GO1.id
    assert header.scene_sha256 == scene_sha256(GO1.id)
    assert header.program == CommandSchedule()


def test_policy_and_training_state_ship_within_two_megabytes(shipped: PretrainedPolicy) -> None:
    assert len(shipped.policy) + len(shipped.train_state) <= 2_000_000


def test_the_training_state_is_the_one_behind_the_policy(shipped: PretrainedPolicy) -> None:
    state = load_tree(shipped.train_state, fresh_state(0))
    weights = load_policy(shipped.policy).weights
    trained = policy_weights(state.params.policy, state.normalizer)
    np.testing.assert_array_equal(trained.mean, weights.mean)
    for ours, theirs in zip(trained.layers, weights.layers, strict=True):
        np.testing.assert_array_equal(ours.kernel, theirs.kernel)


def test_in_the_shipped_bank_falls_fall_and_nothing_else_does(shipped: PretrainedPolicy) -> None:
    library = load_motion_library(shipped.library)
    assert library.robot == GO1.id
    assert library.clip("fall").fallen[-1, 0] == 1.0
    assert library.clip("stand").fallen.max() == 0.0
    upright = [name for name in library.clips if name not in NEGATIVE_REFERENCES]
    assert [name for name in upright if library.clip(name).fallen.any()] == []
    walk = library.clip("walk").base_linear_velocity[:, 0, 0]
    assert 0.3 < float(walk.mean()) < 0.7


def test_the_shipped_card_reaches_what_the_product_promises_and_names_what_it_misses() -> None:
    folder = packaged_folder(GO1.id)
    card = ModelCard.model_validate(json.loads(folder.joinpath("card.json").read_text()))
    assert card.robot == GO1.id
    assert [row.command for row in card.rows] == [trial.command for trial in BENCHMARKS]
    text = folder.joinpath("card.md").read_text()
    assert text == card.markdown()
    missed = [row.command for row in card.rows if not row.passed]
    cannot = text.split("## What it cannot do")[1].split("## Curriculum")[0]
    assert cannot.count("\n- ") == len(missed)
    assert all(f"- {command}: " in cannot for command in missed)
    promised = ("velocity", "stand", "height -", "pitch -", "roll ±", "trot", "hop", "right front")
    assert [command for command in missed if command.startswith(promised)] == []


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        (Bound(limit=0.1), 0.1, True),
        (Bound(limit=0.1), 0.11, False),
        (Bound(limit=0.1), float("nan"), False),
        (Bound(limit=0.9, at_least=True), 0.9, True),
        (Bound(limit=0.9, at_least=True), 0.89, False),
        (Bound(limit=0.9, at_least=True), float("nan"), False),
    ],
)
def test_a_bound_holds_on_its_own_side(bound: Bound, value: float, holds: bool) -> None:
    assert bound.holds(value) is holds


def test_half_of_the_rearing_robots_begin_up_there_and_no_others() -> None:
    schedules = CommandBatch.stack([CommandSchedule.asking(rear=1.0), CommandSchedule()] * 100)
    poses = reared_starts(np.random.default_rng(0), schedules, GO1)
    posed = np.isfinite(poses[:, 0])
    assert not posed[1::2].any()
    assert 30 <= posed[::2].sum() <= 70
    assert np.isfinite(poses[posed]).all()
    _, nose_up = rotation.roll_pitch(poses[posed, 3:7])
    np.testing.assert_allclose(nose_up, -1.0, atol=0.01)
    assert poses[posed, 2].min() > GO1.standing_height


def test_drawn_commands_stay_within_what_is_trained() -> None:
    schedules = CommandMix().sampler()(np.random.default_rng(0), 4000)
    assert np.all(schedules.constant >= LOWER.astype(np.float32) - 1e-6)
    assert np.all(schedules.constant <= UPPER.astype(np.float32) + 1e-6)
    assert np.all(np.abs(schedules.amplitude) <= SWING + 1e-6)
    assert np.all(schedules.beat_frequency >= MODULATION_RANGE[0] - 1e-6)
    assert np.all(schedules.beat_frequency <= MODULATION_RANGE[1] + 1e-6)
    spread = np.ptp(schedules.constant, axis=0)
    assert np.all(spread > 0.8 * (UPPER - LOWER))


def drawn(mix: CommandMix | None = None) -> CommandBatch:
    return (mix or CommandMix()).sampler()(np.random.default_rng(0), 8000)


def test_a_mix_draws_its_shares() -> None:
    schedules = drawn()
    lifting = (schedules.peak()[:, LIFT] > LIFTED).any(axis=1)
    rearing, hopping = schedules.constant[:, REAR] > 0.0, schedules.hopping()
    assert not np.any(lifting & rearing | lifting & hopping | rearing & hopping)
    marching = (schedules.speed() == 0.0) & (schedules.gait_frequency > 0.0) & ~hopping
    for kind, share in ((lifting, 0.12), (hopping, 0.12), (rearing, 0.08), (marching, 0.08)):
        assert np.mean(kind) == pytest.approx(share, abs=0.02)
    assert np.mean(schedules.gait > 0) == pytest.approx(0.4, abs=0.02)
    assert np.all(schedules.stepping()[lifting | rearing] == 0.0)
    assert np.mean(schedules.stepping() == 0.0) == pytest.approx(0.18 + 0.12 + 0.08, abs=0.03)


def test_a_mix_can_be_narrowed() -> None:
    schedules = drawn(CommandMix(standing_share=0.5, modulated_share=0.0))
    assert np.abs(schedules.amplitude).max() == 0.0
    assert np.mean(schedules.stepping() == 0.0) == pytest.approx(0.5 + 0.2, abs=0.03)
    timid = drawn(CommandMix(velocity=0.5, posture=0.0))
    posture = [channel for channel in range(YAW + 1, COUNT) if channel != JUMP]
    assert np.abs(timid.constant[:, posture[:-4]]).max() == 0.0
    assert timid.constant[:, VX].max() <= 0.5 * UPPER[VX] + 1e-6
    plain = drawn(CommandMix(lifting_share=0.0, hopping_share=0.0, rearing_share=0.0))
    assert np.abs(plain.constant[:, JUMP:]).max() == 0.0
    assert not plain.hopping().any()


def test_drawn_frequencies_are_within_range_and_fast_enough_for_the_legs() -> None:
    schedules = drawn()
    frequency, peak = schedules.gait_frequency, schedules.peak()
    named = frequency > 0.0
    assert np.all((frequency[named] >= STEP_RANGE[0]) & (frequency[named] <= STEP_RANGE[1]))
    speed = np.hypot(peak[:, VX], peak[:, VY])
    fastest = named & (frequency < STEP_RANGE[1] - 0.2) & ~schedules.hopping()
    assert np.max(speed[fastest] / frequency[fastest]) < 0.6  # m a stride


def test_drawn_hops_fit_into_their_period_and_lifts_stay_off_the_ground() -> None:
    schedules = drawn()
    hops = schedules.pick(np.flatnonzero(schedules.hopping()))
    frequency = np.where(hops.gait_frequency > 0.0, hops.gait_frequency, HOP_FREQUENCY)
    flight = frequency * np.sqrt(8.0 * hops.constant[:, JUMP] / GRAVITY)
    assert np.all(flight <= LONGEST_FLIGHT + 1e-5)
    assert flight.min() > 0.15  # none is too low to tell from a step
    assert np.abs(hops.amplitude).max() == 0.0
    lift, swing = schedules.constant[:, LIFT], np.abs(schedules.amplitude[:, LIFT])
    lifted = lift > 0.0
    assert np.all(lifted.sum(axis=1) <= 1)
    assert np.all((lift - swing)[lifted] >= LIFTED - 1e-6)
    assert np.all((lift + swing)[lifted] <= UPPER[LIFT][0] + 1e-6)


STAGES = (
    Stage("first", 2 * BLOCK, BaseWeights(), CommandMix()),
    Stage("second", 4 * BLOCK, BaseWeights(), CommandMix(), randomise=True, push_speed=0.3),
)


@pytest.fixture
def _small_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabrl_trainer.pretraining.train, "ROBOTS", ROBOTS)
    monkeypatch.setattr(tabrl_trainer.pretraining.train, "CONFIG", SMALL)
    monkeypatch.setattr(tabrl_trainer.pretraining.train, "Learner", CompiledLearner)


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


def test_the_base_reward_prefers_the_commanded_motion(shipped: PretrainedPolicy) -> None:
    library = load_motion_library(shipped.library)
    walk, stand = library.clip("walk"), library.clip("stand")
    zero = np.zeros(walk.shape, np.float32)
    terms = base_terms(walk, zero, zero + 1.0, GO1, BaseWeights())
    lazy = type(walk)({**stand.fields, "command": walk.command, "gait_phase": walk.gait_phase})
    other = base_terms(lazy, zero, zero + 1.0, GO1, BaseWeights())
    assert {name: value.shape for name, value in terms.items()} == dict.fromkeys(terms, walk.shape)
    assert terms["velocity"].mean() > 2.0 * other["velocity"].mean()
    assert terms["swing"].mean() > other["swing"].mean()


STEPS = 100


def standing(schedule: CommandSchedule) -> Rollout:
    """Two seconds of a robot that stands still whatever `schedule` asks, `[T, 1]`."""
    schedules = CommandBatch.stack([schedule])
    clock = np.arange(STEPS, dtype=np.float32)[:, None] * CONTROL_DT
    fields = {
        name: np.zeros((STEPS, 1, *shape), np.float32)
        for name, shape in rollout_schema(GO1).items()
    }
    fields["base_position"][..., 2] = GO1.standing_height
    fields["base_quaternion"][..., 0] = 1.0
    fields["joint_position"][:] = GO1.home
    fields["foot_position"][..., 2] = GO1.foot_radius
    fields["foot_contact"][:] = 1.0
    fields["command"][:] = np.stack([schedules.command(time) for time in clock])
    fields["gait_phase"][:] = np.stack([schedules.gait_phase(time) for time in clock])
    return Rollout(fields)


def earned(rollout: Rollout, schedule: CommandSchedule) -> dict[str, float]:
    """Mean of every base term."""
    zero = np.zeros(rollout.shape, np.float32)
    stepping = zero + CommandBatch.stack([schedule]).stepping()
    terms = base_terms(rollout, zero, stepping, GO1, BaseWeights())
    return {name: float(term.mean()) for name, term in terms.items()}


def test_holding_a_foot_up_pays_when_it_is_asked_for_and_costs_when_it_is_not() -> None:
    asked = CommandSchedule.asking(lift_fl=0.1)
    earnings = {}
    for schedule in (asked, CommandSchedule()):
        for foot in (None, 1, 0):
            rollout = standing(schedule)
            if foot is not None:
                rollout.foot_position[..., foot, 2] += 0.1
                rollout.foot_contact[..., foot] = 0.0
            earnings[schedule is asked, foot] = sum(earned(rollout, schedule).values())
    assert earnings[True, 1] > earnings[True, None] + 0.5
    assert earnings[True, 1] > earnings[True, 0] + 0.5  # the right foot would be the wrong one
    assert earnings[False, None] > earnings[False, 1]


@pytest.mark.parametrize("height", [0.03, 0.06])
def test_hopping_as_asked_pays_more_than_standing_or_hopping_out_of_time(height: float) -> None:
    schedule = CommandSchedule.asking(jump=height)

    def hop(shift: int, scale: float = 1.0) -> dict[str, float]:
        rollout = standing(schedule)
        phase = np.roll(rollout.gait_phase[..., 0], shift, axis=0)
        airborne = np.clip((phase - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
        rise = scale * height * 4.0 * airborne * (1.0 - airborne)
        rollout.base_position[..., 2] += rise
        rollout.foot_position[..., 2] += np.minimum(rise, 0.07)[..., None]
        rollout.foot_contact[:] = (rise < 1e-4)[..., None]
        rollout.base_linear_velocity[..., 2] = np.gradient(rise[:, 0], CONTROL_DT)[:, None]
        return earned(rollout, schedule)

    on_time, late = hop(0), hop(round(0.5 / HOP_FREQUENCY / CONTROL_DT))
    still = earned(standing(schedule), schedule)
    assert sum(on_time.values()) > sum(still.values()) + 0.5
    assert sum(on_time.values()) > sum(late.values()) + 0.5
    assert on_time["height"] > hop(0, scale=0.3)["height"]
    assert on_time["bounce"] == 0.0


def test_rearing_pays_when_it_is_asked_for() -> None:
    _, nose, up_by = rearing_pose(np.float32(1.0))

    def reared(schedule: CommandSchedule, share: float) -> float:
        rollout = standing(schedule)
        pitch = share * nose
        rollout.base_quaternion[..., 0] = np.cos(pitch / 2)
        rollout.base_quaternion[..., 2] = np.sin(pitch / 2)
        rollout.base_position[..., 2] += share * up_by
        rollout.foot_position[..., :2, 2] += 1.2 * share * REAR_CLEARANCE
        rollout.foot_contact[..., :2] = float(share == 0.0)
        return sum(earned(rollout, schedule).values())

    up = CommandSchedule.asking(rear=1.0)
    assert reared(up, 1.0) > reared(up, 0.5) > reared(up, 0.0)
    assert reared(CommandSchedule(), 0.0) > reared(CommandSchedule(), 1.0)


def test_high_steps_pay_when_high_steps_are_asked_for() -> None:
    def marching(schedule: CommandSchedule, height: float) -> float:
        rollout = standing(schedule)
        swing = np.clip((rollout.gait_phase - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
        rollout.foot_position[..., 2] += height * np.sin(np.pi * swing)
        rollout.foot_contact[:] = rollout.gait_phase <= DUTY_FACTOR
        return earned(rollout, schedule)["clearance"]

    high = CommandSchedule.asking(gait_frequency=2.0, swing=0.06)
    usual = CommandSchedule.asking(gait_frequency=2.0)
    assert marching(high, 0.13) > marching(high, 0.07)
    assert marching(usual, 0.07) > marching(usual, 0.13)
