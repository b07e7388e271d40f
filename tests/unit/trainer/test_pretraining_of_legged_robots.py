"""What legged robots are trained on: schedules, start poses, and what the reward pays for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tabrl.control import rotation
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import (
    DUTY_FACTOR,
    GRAVITY,
    LONGEST_FLIGHT,
)
from tabrl.embodiments.legged.limbs import front, is_rear, lift_channel
from tabrl.embodiments.legged.scale import Scale
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.motion_library import load_motion_library
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.pretraining.legged import LeggedPretraining
from tabrl_trainer.pretraining.legged.commands import CommandMix, MixedCommands
from tabrl_trainer.pretraining.legged.rearing import RearingPose
from tabrl_trainer.pretraining.legged.reward import (
    REAR_CLEARANCE,
    Errors,
    LeggedReward,
    RewardWeights,
)
from tests.support.robots import LEGGED
from tests.support.training_context import pretrained_policy


def legged_robots() -> Iterator[Robot]:
    """Those that can do everything, and each with its legs in another order."""
    for robot in LEGGED:
        if not robot.without:
            yield robot
            yield robot.model_copy(update={"limbs": robot.limbs[::-1]})


@pytest.fixture(params=legged_robots(), ids=lambda robot: f"{robot.id}-{robot.limbs[0].name}-first")
def legged(request: pytest.FixtureRequest) -> LeggedRobot:
    return legged_of(request.param)


def legged_of(robot: Robot) -> LeggedRobot:
    embodiment = embodiment_of(robot)
    assert isinstance(embodiment, LeggedRobot)
    return embodiment


def asking(legged: LeggedRobot, **asked: float) -> CommandSchedule:
    return CommandSchedule.asking(legged.commands, **asked)


def length(legged: LeggedRobot) -> float:
    """How much larger the robot is than the reference."""
    return Scale.of(legged.robot).length


def lifts(legged: LeggedRobot) -> list[int]:
    return legged.commands.columns(lift_channel(limb) for limb in legged.robot.limbs)


# Schedules


def drawn(legged: LeggedRobot, mix: CommandMix | None = None, count: int = 8000) -> CommandBatch:
    return MixedCommands(mix or CommandMix(), legged)(np.random.default_rng(0), count)


def test_drawn_commands_stay_within_what_is_trained(legged: LeggedRobot) -> None:
    schedules, space = drawn(legged), legged.commands
    assert np.all(schedules.constant >= space.lower.astype(np.float32) - 1e-6)
    assert np.all(schedules.constant <= space.upper.astype(np.float32) + 1e-6)
    assert np.all(np.abs(schedules.amplitude) <= space.amplitude + 1e-6)
    assert np.all(schedules.modulation_frequency >= MODULATION_RANGE[0] - 1e-6)
    assert np.all(schedules.modulation_frequency <= MODULATION_RANGE[1] + 1e-6)
    spread = np.ptp(schedules.constant, axis=0)
    assert np.all(spread > 0.8 * (space.upper - space.lower))


def test_a_mix_draws_its_shares(legged: LeggedRobot) -> None:
    schedules, clock = drawn(legged), legged.clock
    lifting = (schedules.peak()[:, lifts(legged)] > clock.amounts.lifted).any(axis=1)
    rearing = schedules.constant[:, legged.commands.column("rear")] > 0.0
    hopping, frequency = clock.hopping(schedules), schedules.settings["gait_frequency"]
    assert not np.any(lifting & rearing | lifting & hopping | rearing & hopping)
    marching = (clock.speed(schedules) == 0.0) & (frequency > 0.0) & ~hopping
    for kind, share in ((lifting, 0.12), (hopping, 0.12), (rearing, 0.08), (marching, 0.08)):
        assert np.mean(kind) == pytest.approx(share, abs=0.02)
    assert np.mean(schedules.settings["gait"] > 0) == pytest.approx(0.4, abs=0.02)
    stepping = clock.stepping(schedules)
    assert np.all(stepping[lifting | rearing] == 0.0)
    assert np.mean(stepping == 0.0) == pytest.approx(0.18 + 0.12 + 0.08, abs=0.03)


def test_a_mix_can_be_narrowed(legged: LeggedRobot) -> None:
    space = legged.commands
    schedules = drawn(legged, CommandMix(standing_share=0.5, modulated_share=0.0))
    assert np.abs(schedules.amplitude).max() == 0.0
    stands = legged.clock.stepping(schedules) == 0.0
    assert np.mean(stands) == pytest.approx(0.5 + 0.2, abs=0.03)
    timid = drawn(legged, CommandMix(velocity=0.5, posture=0.0))
    posture = space.columns(("height", "pitch", "roll", "swing", "rear"))
    assert np.abs(timid.constant[:, posture]).max() == 0.0
    vx = space.column("vx")
    assert timid.constant[:, vx].max() <= 0.5 * space.upper[vx] + 1e-6
    plain = drawn(legged, CommandMix(lifting_share=0.0, hopping_share=0.0, rearing_share=0.0))
    assert (
        np.abs(plain.constant[:, [*space.columns(("jump", "rear")), *lifts(legged)]]).max() == 0.0
    )
    assert not legged.clock.hopping(plain).any()


def test_drawn_frequencies_are_within_range_and_fast_enough_for_the_legs(
    legged: LeggedRobot,
) -> None:
    schedules = drawn(legged)
    frequency, peak = schedules.settings["gait_frequency"], schedules.peak()
    low, high = legged.commands.setting("gait_frequency").range
    named = frequency > 0.0
    assert np.all((frequency[named] >= np.float32(low)) & (frequency[named] <= np.float32(high)))
    speed = np.hypot(*(peak[:, legged.commands.column(name)] for name in ("vx", "vy")))
    fastest = named & (frequency < high - 0.2) & ~legged.clock.hopping(schedules)
    assert np.max(speed[fastest] / frequency[fastest]) < 0.6 * length(legged)  # m a stride


def test_drawn_hops_fit_into_their_period_and_lifts_stay_off_the_ground(
    legged: LeggedRobot,
) -> None:
    schedules, space = drawn(legged), legged.commands
    hops = schedules.pick(np.flatnonzero(legged.clock.hopping(schedules)))
    frequency = hops.settings["gait_frequency"]
    frequency = np.where(frequency > 0.0, frequency, legged.clock.amounts.hop_frequency)
    flight = frequency * np.sqrt(8.0 * hops.constant[:, space.column("jump")] / GRAVITY)
    assert np.all(flight <= LONGEST_FLIGHT + 1e-5)
    assert flight.min() > 0.15  # none is too low to tell from a step
    assert np.abs(hops.amplitude).max() == 0.0
    columns = lifts(legged)
    lift, swing = schedules.constant[:, columns], np.abs(schedules.amplitude[:, columns])
    lifted = lift > 0.0
    assert np.all(lifted.sum(axis=1) <= 1)
    assert np.all((lift - swing)[lifted] >= legged.clock.amounts.lifted - 1e-6)
    assert np.all((lift + swing)[lifted] <= space.upper[columns[0]] + 1e-6)


def test_a_robot_that_cannot_is_never_asked_to(legged: LeggedRobot) -> None:
    less = legged_of(legged.robot.model_copy(update={"without": ("swing", "jump", "rear")}))
    pretraining = LeggedPretraining(less)
    words = " ".join(row.command for row in pretraining.benchmarks)
    assert not any(word in words for word in ("hop", "rear up", "march"))
    taught = [stage.name for stage in LeggedPretraining(legged).curriculum]
    assert [name for name in taught if name != "rearing"] == [
        s.name for s in pretraining.curriculum
    ]
    assert "rearing" in taught
    stage = pretraining.curriculum[-1]
    schedules = pretraining.sampler(stage)(np.random.default_rng(0), 4000)
    assert not less.clock.hopping(schedules).any()
    lifting = np.mean((schedules.constant[:, lifts(less)] > 0.0).any(axis=1))
    assert lifting == pytest.approx(stage.mix.lifting_share, abs=0.02)
    assert pretraining.start(stage) is None
    walk = asking(less, vx=0.5)
    assert sum(earned(less, standing(less, walk), walk).values()) < sum(
        earned(less, standing(less, asking(less)), asking(less)).values()
    )


def test_a_larger_robot_is_asked_for_more_and_paid_alike(legged: LeggedRobot) -> None:
    height = 4.0 * legged.robot.characteristic_length
    large = legged_of(legged.robot.model_copy(update={"characteristic_length": height}))
    rng, space = np.random.default_rng(0), large.commands
    schedules = [row.schedules(rng, 8) for row in LeggedPretraining(large).benchmarks]
    for asked in (drawn(large), *schedules):
        assert np.all(asked.constant >= space.lower.astype(np.float32) - 1e-6)
        assert np.all(asked.constant <= space.upper.astype(np.float32) + 1e-6)
        assert np.all(np.abs(asked.amplitude) <= space.amplitude + 1e-6)
        assert np.all(asked.modulation_frequency >= MODULATION_RANGE[0])
        assert np.all(asked.modulation_frequency <= MODULATION_RANGE[1])
    # Four times the height is twice the speed.
    slow, fast = asking(legged, vx=0.5), asking(large, vx=1.0)
    one = earned(legged, standing(legged, slow), slow)["velocity"]
    assert earned(large, standing(large, fast), fast)["velocity"] == pytest.approx(one)


def test_legs_without_a_knee_are_refused(legged: LeggedRobot) -> None:
    first, *others = legged.robot.limbs
    stiff = first.model_copy(update={"joints": first.joints[:1]})
    robot = legged.robot.model_copy(update={"limbs": (stiff, *others)})
    with pytest.raises(Invalid, match=first.name) as caught:
        LeggedPretraining(legged_of(robot))
    assert caught.value.code == "no_pretraining"


# Start poses


def test_half_of_the_rearing_robots_begin_up_there_and_no_others(legged: LeggedRobot) -> None:
    schedules = CommandBatch.stack([asking(legged, rear=1.0), asking(legged)] * 100)
    poses = RearingPose(legged.robot).starts(np.random.default_rng(0), schedules)
    posed = np.isfinite(poses[:, 0])
    assert not posed[1::2].any()
    assert 30 <= posed[::2].sum() <= 70
    assert np.isfinite(poses[posed]).all()
    _, nose_up = rotation.roll_pitch(poses[posed, 3:7])
    np.testing.assert_allclose(nose_up, -1.0, atol=0.01)
    assert poses[posed, 2].min() > legged.robot.characteristic_length


def test_reared_robots_have_their_front_feet_up_and_their_hind_feet_down(
    legged: LeggedRobot,
) -> None:
    schedules = CommandBatch.stack([asking(legged, rear=1.0)] * 8)
    poses = RearingPose(legged.robot).starts(np.random.default_rng(0), schedules)
    poses = poses[np.isfinite(poses[:, 0])]
    height = legged.skeleton.pose(poses, np.zeros((len(poses), legged.nv))).end_position[..., 2]
    rear = np.array([is_rear(limb) for limb in legged.robot.limbs])
    assert height[:, ~rear].min() > REAR_CLEARANCE * length(legged)
    assert height[:, rear].max() < 0.5 * REAR_CLEARANCE * length(legged)


# The reward

STEPS = 100


def standing(legged: LeggedRobot, schedule: CommandSchedule) -> Rollout:
    """Two seconds of a robot that stands still whatever `schedule` asks, `[T, 1]`."""
    schedules, robot = CommandBatch.stack([schedule]), legged.robot
    clock = np.arange(STEPS, dtype=np.float32)[:, None] * CONTROL_DT
    fields = {
        name: np.zeros((STEPS, 1, *shape), np.float32) for name, shape in legged.schema.items()
    }
    fields["base_position"][..., 2] = robot.characteristic_length
    fields["base_quaternion"][..., 0] = 1.0
    fields["joint_position"][:] = robot.home
    fields["foot_position"][..., 2] = robot.end_effector_radius
    fields["foot_contact"][:] = 1.0
    fields["command"][:] = np.stack([schedules.command(time) for time in clock])
    fields["gait_phase"][:] = np.stack([legged.clock.phase(schedules, time) for time in clock])
    return Rollout(fields)


def on_course(rollout: Rollout) -> Errors:
    """Robots that are and look where they are wanted."""
    zero = np.zeros(rollout.shape, np.float32)
    return Errors(heading=zero, path=np.stack([zero, zero], axis=-1))


def earned(legged: LeggedRobot, rollout: Rollout, schedule: CommandSchedule) -> dict[str, float]:
    """Mean of every term."""
    zero = np.zeros(rollout.shape, np.float32)
    stepping = zero + legged.clock.stepping(CommandBatch.stack([schedule]))
    terms = LeggedReward(legged).terms(rollout, on_course(rollout), stepping, RewardWeights())
    return {name: float(term.mean()) for name, term in terms.items()}


def test_the_reward_prefers_the_commanded_motion(walker: TrainingContext) -> None:
    legged = legged_of(walker.robot)
    library = load_motion_library(pretrained_policy(walker.robot.id).library)
    walk, stand = library.clip("walk"), library.clip("stand")
    zero, reward = np.zeros(walk.shape, np.float32), LeggedReward(legged)
    terms = reward.terms(walk, on_course(walk), zero + 1.0, RewardWeights())
    lazy = Rollout({**stand.fields, "command": walk.command, "gait_phase": walk.gait_phase})
    other = reward.terms(lazy, on_course(lazy), zero + 1.0, RewardWeights())
    assert {name: value.shape for name, value in terms.items()} == dict.fromkeys(terms, walk.shape)
    assert terms["velocity"].mean() > 2.0 * other["velocity"].mean()
    assert terms["swing"].mean() > other["swing"].mean()


def test_holding_a_foot_up_pays_when_it_is_asked_for_and_costs_when_it_is_not(
    legged: LeggedRobot,
) -> None:
    right, wrong = front(legged.robot)
    height = 0.1 * length(legged)
    asked = asking(legged, **{lift_channel(legged.robot.limbs[right]): height})
    earnings = {}
    for schedule in (asked, asking(legged)):
        for foot in (None, right, wrong):
            rollout = standing(legged, schedule)
            if foot is not None:
                rollout.foot_position[..., foot, 2] += height
                rollout.foot_contact[..., foot] = 0.0
            earnings[schedule is asked, foot] = sum(earned(legged, rollout, schedule).values())
    assert earnings[True, right] > earnings[True, None] + 0.5
    assert earnings[True, right] > earnings[True, wrong] + 0.5
    assert earnings[False, None] > earnings[False, right]


@pytest.mark.parametrize("height", [0.03, 0.06])
def test_hopping_as_asked_pays_more_than_standing_or_hopping_out_of_time(
    legged: LeggedRobot, height: float
) -> None:
    height *= length(legged)
    schedule = asking(legged, jump=height)

    def hop(shift: int, scale: float = 1.0) -> dict[str, float]:
        rollout = standing(legged, schedule)
        phase = np.roll(rollout.gait_phase[..., 0], shift, axis=0)
        airborne = np.clip((phase - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
        rise = scale * height * 4.0 * airborne * (1.0 - airborne)
        rollout.base_position[..., 2] += rise
        rollout.foot_position[..., 2] += np.minimum(rise, 0.07 * length(legged))[..., None]
        rollout.foot_contact[:] = (rise < 1e-4)[..., None]
        rollout.base_linear_velocity[..., 2] = np.gradient(rise[:, 0], CONTROL_DT)[:, None]
        return earned(legged, rollout, schedule)

    on_time, late = hop(0), hop(round(0.5 / legged.clock.amounts.hop_frequency / CONTROL_DT))
    still = earned(legged, standing(legged, schedule), schedule)
    assert sum(on_time.values()) > sum(still.values()) + 0.5
    assert sum(on_time.values()) > sum(late.values()) + 0.5
    assert on_time["height"] > hop(0, scale=0.3)["height"]
    assert on_time["bounce"] == 0.0


def test_rearing_pays_when_it_is_asked_for(legged: LeggedRobot) -> None:
    pose, feet = RearingPose(legged.robot), front(legged.robot)
    nose, up_by = pose.pitch(np.ones(1)), pose.rise(np.ones(1))

    def reared(schedule: CommandSchedule, share: float) -> float:
        rollout = standing(legged, schedule)
        pitch = share * nose
        rollout.base_quaternion[..., 0] = np.cos(pitch / 2)
        rollout.base_quaternion[..., 2] = np.sin(pitch / 2)
        rollout.base_position[..., 2] += share * up_by
        rollout.foot_position[..., feet, 2] += 1.2 * share * REAR_CLEARANCE * length(legged)
        rollout.foot_contact[..., feet] = float(share == 0.0)
        return sum(earned(legged, rollout, schedule).values())

    up = asking(legged, rear=1.0)
    assert reared(up, 1.0) > reared(up, 0.5) > reared(up, 0.0)
    assert reared(asking(legged), 0.0) > reared(asking(legged), 1.0)


def test_who_stands_or_rears_pays_for_leaning_to_a_side(legged: LeggedRobot) -> None:
    def even(schedule: CommandSchedule, sideways: float, stepping: float = 0.0) -> float:
        rollout = standing(legged, schedule)
        for limb in legged.robot.limbs:
            rollout.joint_position[..., legged.robot.joint_names.index(limb.joints[0])] += sideways
        steps = np.full(rollout.shape, stepping, np.float32)
        weights = RewardWeights(even=1.0)
        terms = LeggedReward(legged).terms(rollout, on_course(rollout), steps, weights)
        return float(terms["even"].mean())

    up = asking(legged, rear=1.0)
    assert even(up, 0.0) == pytest.approx(0.0, abs=1e-6)
    # A hip turned outwards on one side and inwards on the other: twice its angle from its mirror.
    crooked = pytest.approx(-0.5 * len(legged.robot.limbs) * 0.2**2, rel=1e-3)
    assert even(up, 0.1) == even(asking(legged), 0.1) == crooked
    lifting = {lift_channel(legged.robot.limbs[0]): legged.clock.amounts.lifted * 2.0}
    for uneven in ({"roll": 0.2}, lifting):
        assert even(asking(legged, **uneven), 0.1) == pytest.approx(0.0, abs=1e-6)
    assert even(asking(legged, vx=0.5), 0.1, stepping=1.0) == pytest.approx(0.0, abs=1e-6)


def test_high_steps_pay_when_high_steps_are_asked_for(legged: LeggedRobot) -> None:
    def marching(schedule: CommandSchedule, height: float) -> float:
        rollout = standing(legged, schedule)
        swing = np.clip((rollout.gait_phase - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
        rollout.foot_position[..., 2] += height * length(legged) * np.sin(np.pi * swing)
        rollout.foot_contact[:] = rollout.gait_phase <= DUTY_FACTOR
        return earned(legged, rollout, schedule)["clearance"]

    high = asking(legged, gait_frequency=2.0, swing=0.06 * length(legged))
    usual = asking(legged, gait_frequency=2.0)
    assert marching(high, 0.13) > marching(high, 0.07)
    assert marching(usual, 0.07) > marching(usual, 0.13)


def test_shanks_on_the_floor_cost_unless_they_stand_on_their_feet(legged: LeggedRobot) -> None:
    schedule, robot = asking(legged), legged.robot
    rollout = standing(legged, schedule)
    rollout.body_contact[:] = 1.0
    assert earned(legged, rollout, schedule)["knees"] == 0.0
    rollout.foot_contact[..., 0] = 0.0
    assert earned(legged, rollout, schedule)["knees"] == pytest.approx(-0.5)
    # Joints that turn a leg sideways are the first ones of legs that have three.
    sideways = [robot.joint_names.index(limb.joints[0]) for limb in robot.limbs]
    rollout.joint_position[..., sideways] += 0.1
    spread = earned(legged, rollout, schedule)["hips"]
    assert spread == pytest.approx(-0.3 * 0.01 * len(robot.limbs), rel=1e-3)
