"""Base policies: what ships, what they are trained on, and that training can be interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tabrl_trainer.base.train
from tabrl.control import rotation
from tabrl.control.gait import GRAVITY, LONGEST_FLIGHT, STANCE_SHARE
from tabrl.control.policy import load_policy
from tabrl.control.program import (
    BEAT_RANGE,
    COUNT,
    HOP_FREQUENCY,
    JUMP,
    LIFT,
    LIFTED,
    LOWER,
    REAR,
    STEP_RANGE,
    SWING,
    UPPER,
    VX,
    VY,
    YAW,
    CommandProgram,
    Programs,
)  # fmt: skip
from tabrl.control.tape import CONTROL_DT, Tape
from tabrl.domain.errors import NotFound
from tabrl.domain.models import Model
from tabrl.rewards.schema import tape_schema
from tabrl.robots import scene_sha256
from tabrl.sim.bank import AVOID, load_bank
from tabrl.sim.checkpoint import load_tree
from tabrl.sim.networks import policy_weights
from tabrl_trainer.base.card import Card
from tabrl_trainer.base.commands import CommandMix
from tabrl_trainer.base.reward import (
    REAR_CLEARANCE,
    BaseWeights,
    base_terms,
    reared_starts,
    rearing_pose,
)
from tabrl_trainer.base.shipped import ShippedBase, load_shipped, seed_blobs, shipped_folder
from tabrl_trainer.base.train import BaseTraining, Stage
from tabrl_trainer.base.trials import TRIALS, Bound
from tests.support.engine import GO1, ROBOTS, SMALL, CompiledLearner, fresh_state
from tests.twins import MemoryBlobStore

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


def test_the_shipped_card_reaches_what_the_product_promises_and_names_what_it_misses() -> None:
    folder = shipped_folder(GO1.id)
    card = Card.model_validate(json.loads(folder.joinpath("card.json").read_text()))
    assert card.robot == GO1.id
    assert [row.command for row in card.rows] == [trial.command for trial in TRIALS]
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
    programs = Programs.stack([CommandProgram.asking(rear=1.0), CommandProgram()] * 100)
    poses = reared_starts(np.random.default_rng(0), programs, GO1)
    posed = np.isfinite(poses[:, 0])
    assert not posed[1::2].any()
    assert 30 <= posed[::2].sum() <= 70
    assert np.isfinite(poses[posed]).all()
    _, nose_up = rotation.roll_pitch(poses[posed, 3:7])
    np.testing.assert_allclose(nose_up, -1.0, atol=0.01)
    assert poses[posed, 2].min() > GO1.standing_height


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


def drawn(mix: CommandMix | None = None) -> Programs:
    return (mix or CommandMix()).sampler()(np.random.default_rng(0), 8000)


def test_a_mix_draws_its_shares() -> None:
    programs = drawn()
    lifting = (programs.peak()[:, LIFT] > LIFTED).any(axis=1)
    rearing, hopping = programs.constant[:, REAR] > 0.0, programs.hopping()
    assert not np.any(lifting & rearing | lifting & hopping | rearing & hopping)
    marching = (programs.speed() == 0.0) & (programs.gait_frequency > 0.0) & ~hopping
    for kind, share in ((lifting, 0.12), (hopping, 0.12), (rearing, 0.08), (marching, 0.08)):
        assert np.mean(kind) == pytest.approx(share, abs=0.02)
    assert np.mean(programs.gait > 0) == pytest.approx(0.4, abs=0.02)
    assert np.all(programs.stepping()[lifting | rearing] == 0.0)
    assert np.mean(programs.stepping() == 0.0) == pytest.approx(0.18 + 0.12 + 0.08, abs=0.03)


def test_a_mix_can_be_narrowed() -> None:
    programs = drawn(CommandMix(standing_share=0.5, modulated_share=0.0))
    assert np.abs(programs.amplitude).max() == 0.0
    assert np.mean(programs.stepping() == 0.0) == pytest.approx(0.5 + 0.2, abs=0.03)
    timid = drawn(CommandMix(velocity=0.5, posture=0.0))
    posture = [channel for channel in range(YAW + 1, COUNT) if channel != JUMP]
    assert np.abs(timid.constant[:, posture[:-4]]).max() == 0.0
    assert timid.constant[:, VX].max() <= 0.5 * UPPER[VX] + 1e-6
    plain = drawn(CommandMix(lifting_share=0.0, hopping_share=0.0, rearing_share=0.0))
    assert np.abs(plain.constant[:, JUMP:]).max() == 0.0
    assert not plain.hopping().any()


def test_drawn_frequencies_are_within_range_and_fast_enough_for_the_legs() -> None:
    programs = drawn()
    frequency, peak = programs.gait_frequency, programs.peak()
    named = frequency > 0.0
    assert np.all((frequency[named] >= STEP_RANGE[0]) & (frequency[named] <= STEP_RANGE[1]))
    speed = np.hypot(peak[:, VX], peak[:, VY])
    fastest = named & (frequency < STEP_RANGE[1] - 0.2) & ~programs.hopping()
    assert np.max(speed[fastest] / frequency[fastest]) < 0.6  # m a stride


def test_drawn_hops_fit_into_their_period_and_lifts_stay_off_the_ground() -> None:
    programs = drawn()
    hops = programs.pick(np.flatnonzero(programs.hopping()))
    frequency = np.where(hops.gait_frequency > 0.0, hops.gait_frequency, HOP_FREQUENCY)
    flight = frequency * np.sqrt(8.0 * hops.constant[:, JUMP] / GRAVITY)
    assert np.all(flight <= LONGEST_FLIGHT + 1e-5)
    assert flight.min() > 0.15  # none is too low to tell from a step
    assert np.abs(hops.amplitude).max() == 0.0
    lift, swing = programs.constant[:, LIFT], np.abs(programs.amplitude[:, LIFT])
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


STEPS = 100


def standing(program: CommandProgram) -> Tape:
    """Two seconds of a robot that stands still whatever `program` asks, `[T, 1]`."""
    programs = Programs.stack([program])
    clock = np.arange(STEPS, dtype=np.float32)[:, None] * CONTROL_DT
    fields = {
        name: np.zeros((STEPS, 1, *shape), np.float32) for name, shape in tape_schema(GO1).items()
    }
    fields["base_position"][..., 2] = GO1.standing_height
    fields["base_quaternion"][..., 0] = 1.0
    fields["joint_position"][:] = GO1.home
    fields["foot_position"][..., 2] = GO1.foot_radius
    fields["foot_contact"][:] = 1.0
    fields["command"][:] = np.stack([programs.command(time) for time in clock])
    fields["gait_phase"][:] = np.stack([programs.gait_phase(time) for time in clock])
    return Tape(fields)


def earned(tape: Tape, program: CommandProgram) -> dict[str, float]:
    """Mean of every base term."""
    zero = np.zeros(tape.shape, np.float32)
    stepping = zero + Programs.stack([program]).stepping()
    terms = base_terms(tape, zero, stepping, GO1, BaseWeights())
    return {name: float(term.mean()) for name, term in terms.items()}


def test_holding_a_foot_up_pays_when_it_is_asked_for_and_costs_when_it_is_not() -> None:
    asked = CommandProgram.asking(lift_fl=0.1)
    earnings = {}
    for program in (asked, CommandProgram()):
        for foot in (None, 1, 0):
            tape = standing(program)
            if foot is not None:
                tape.foot_position[..., foot, 2] += 0.1
                tape.foot_contact[..., foot] = 0.0
            earnings[program is asked, foot] = sum(earned(tape, program).values())
    assert earnings[True, 1] > earnings[True, None] + 0.5
    assert earnings[True, 1] > earnings[True, 0] + 0.5  # the right foot would be the wrong one
    assert earnings[False, None] > earnings[False, 1]


@pytest.mark.parametrize("height", [0.03, 0.06])
def test_hopping_as_asked_pays_more_than_standing_or_hopping_out_of_time(height: float) -> None:
    program = CommandProgram.asking(jump=height)

    def hop(shift: int, scale: float = 1.0) -> dict[str, float]:
        tape = standing(program)
        phase = np.roll(tape.gait_phase[..., 0], shift, axis=0)
        airborne = np.clip((phase - STANCE_SHARE) / (1.0 - STANCE_SHARE), 0.0, 1.0)
        rise = scale * height * 4.0 * airborne * (1.0 - airborne)
        tape.base_position[..., 2] += rise
        tape.foot_position[..., 2] += np.minimum(rise, 0.07)[..., None]
        tape.foot_contact[:] = (rise < 1e-4)[..., None]
        tape.base_linear_velocity[..., 2] = np.gradient(rise[:, 0], CONTROL_DT)[:, None]
        return earned(tape, program)

    on_time, late = hop(0), hop(round(0.5 / HOP_FREQUENCY / CONTROL_DT))
    still = earned(standing(program), program)
    assert sum(on_time.values()) > sum(still.values()) + 0.5
    assert sum(on_time.values()) > sum(late.values()) + 0.5
    assert on_time["height"] > hop(0, scale=0.3)["height"]
    assert on_time["bounce"] == 0.0


def test_rearing_pays_when_it_is_asked_for() -> None:
    _, nose, up_by = rearing_pose(np.float32(1.0))

    def reared(program: CommandProgram, share: float) -> float:
        tape = standing(program)
        pitch = share * nose
        tape.base_quaternion[..., 0] = np.cos(pitch / 2)
        tape.base_quaternion[..., 2] = np.sin(pitch / 2)
        tape.base_position[..., 2] += share * up_by
        tape.foot_position[..., :2, 2] += 1.2 * share * REAR_CLEARANCE
        tape.foot_contact[..., :2] = float(share == 0.0)
        return sum(earned(tape, program).values())

    up = CommandProgram.asking(rear=1.0)
    assert reared(up, 1.0) > reared(up, 0.5) > reared(up, 0.0)
    assert reared(CommandProgram(), 0.0) > reared(CommandProgram(), 1.0)


def test_high_steps_pay_when_high_steps_are_asked_for() -> None:
    def marching(program: CommandProgram, height: float) -> float:
        tape = standing(program)
        swing = np.clip((tape.gait_phase - STANCE_SHARE) / (1.0 - STANCE_SHARE), 0.0, 1.0)
        tape.foot_position[..., 2] += height * np.sin(np.pi * swing)
        tape.foot_contact[:] = tape.gait_phase <= STANCE_SHARE
        return earned(tape, program)["clearance"]

    high = CommandProgram.asking(gait_frequency=2.0, swing=0.06)
    usual = CommandProgram.asking(gait_frequency=2.0)
    assert marching(high, 0.13) > marching(high, 0.07)
    assert marching(usual, 0.07) > marching(usual, 0.13)
