"""How arms are pretrained: what is asked of them, what pays, and what their card reads."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control import rotation
from tabrl.control.command_batch import CommandBatch
from tabrl.control.rollout import Rollout
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import BLEND, ELBOW, PLACE, POINTING, TEMPO
from tabrl.sim.simulator import Experience
from tabrl_trainer.pretraining.arm import ArmPretraining
from tabrl_trainer.pretraining.arm.commands import WAVE_SPEED, CommandMix, MixedCommands
from tabrl_trainer.pretraining.arm.inverse_kinematics import InverseKinematics
from tabrl_trainer.pretraining.arm.paths import SPEEDS, random_path
from tabrl_trainer.pretraining.arm.reach import PLACE_M, Reach
from tests.support.robots import ARMS, arm

COUNT = 600


@pytest.fixture(scope="module", params=ARMS, ids=lambda robot: robot.id)
def pretraining(request: pytest.FixtureRequest) -> ArmPretraining:
    """How every arm is pretrained."""
    return ArmPretraining(arm(request.param))


@pytest.fixture(scope="module")
def embodiment(pretraining: ArmPretraining) -> ArmRobot:
    found = pretraining.embodiment
    assert isinstance(found, ArmRobot)
    return found


@pytest.fixture(scope="module")
def reach(pretraining: ArmPretraining) -> Reach:
    return pretraining.reach


def drawn(pretraining: ArmPretraining, mix: CommandMix, seed: int = 0) -> CommandBatch:
    assert isinstance(pretraining.embodiment, ArmRobot)
    draw = MixedCommands(mix, pretraining.embodiment, pretraining.reach)
    return draw(np.random.default_rng(seed), COUNT)


def at(embodiment: ArmRobot, qpos: np.ndarray, batch: CommandBatch) -> Rollout:
    """A rollout `[1, B]` of arms at rest in postures, at the begin of their schedules."""
    count = len(qpos)
    time = np.zeros(count, np.float32)
    features = embodiment.command_features(time, batch)[:, embodiment.recorded]
    frames = embodiment.chain.frames(qpos)
    place, axes = embodiment.chain.point(frames)
    fields = {
        name: np.zeros((1, count, *shape), np.float32) for name, shape in embodiment.schema.items()
    }
    still = np.zeros_like(qpos)
    pose = embodiment.skeleton.pose(qpos, still)
    ends = embodiment.shapes.ends(frames)
    fields |= {
        "joint_position": qpos[None],
        "tool_position": place[None],
        "tool_axis": axes[None, :, :, 2],
        "body_position": pose.body_position[None],
        "table_gap": embodiment.shapes.table_gap(ends)[None],
        "self_gap": embodiment.shapes.self_gap(ends)[None],
        "command": features[None, :, : len(embodiment.commands)],
        "settings": features[None, :, len(embodiment.commands) :],
    }
    fields["tool_quaternion"] = rotation.from_matrix(axes)[None]
    return Rollout(fields)


def asked(embodiment: ArmRobot, reach: Reach) -> CommandBatch:
    """Schedules that ask for the poses of a reach."""
    batch = CommandBatch.neutral(embodiment.commands, len(reach)).copy()
    batch.constant[:, embodiment.commands.columns((*PLACE, *POINTING))] = reach.command
    batch.settings[ELBOW][:] = reach.elbow_down
    return batch


def test_poses_within_reach_are_where_they_say_and_touch_nothing(
    embodiment: ArmRobot, reach: Reach
) -> None:
    assert len(reach.up()) > 3000
    assert len(reach.down()) > 300
    assert len(reach.pointing_down()) > 1000
    batch = asked(embodiment, reach)
    wanted = embodiment.wanted(batch.command(np.zeros(len(reach), np.float32)))
    place, axes = embodiment.chain.point(embodiment.chain.frames(reach.qpos))
    assert np.linalg.norm(place - wanted.place, axis=1).max() < PLACE_M + 1e-5
    assert (axes[:, :, 2] * wanted.axis).sum(1).min() > 0.999
    assert not embodiment.failed(reach.qpos).any()
    assert (np.diff(reach.extent) >= 0.0).all()
    assert reach.within(0.5) < reach.within(1.0) == len(reach)


def test_commands_are_within_the_channels_and_of_all_kinds(
    pretraining: ArmPretraining, embodiment: ArmRobot
) -> None:
    space, batch = embodiment.commands, drawn(pretraining, CommandMix())
    assert np.all(batch.constant >= space.lower - 1e-5)
    assert np.all(batch.constant <= space.upper + 1e-5)
    assert np.all(np.abs(batch.amplitude) <= space.amplitude + 1e-5)
    waving = (batch.amplitude != 0.0).any(1)
    led = (np.ptp(batch.path[:, -195:], axis=1) > 0.0) & ~waving
    by_joints = batch.constant[:, space.column(BLEND)] > 0.0
    assert 0.15 < waving.mean() < 0.5
    assert 0.1 < led.mean() < 0.3
    assert 0.05 < by_joints.mean() < 0.2
    assert 0.1 < (batch.settings[TEMPO] > 0.0).mean() < 0.4
    assert 0.02 < (batch.settings[ELBOW] > 0).mean() < 0.2
    assert set(np.unique(batch.harmonic)) == {0.5, 1.0, 2.0}


def test_sinusoids_are_no_faster_than_a_tool_can_swing(
    pretraining: ArmPretraining, embodiment: ArmRobot
) -> None:
    batch = drawn(pretraining, CommandMix(waving_share=1.0, path_share=0.0, joints_share=0.0))
    omega = 2.0 * np.pi * batch.modulation_frequency[:, None] * batch.harmonic
    speed = np.abs(batch.amplitude) * omega
    place = embodiment.commands.columns(PLACE)
    turns = embodiment.commands.columns(POINTING)
    assert speed[:, place].max() <= WAVE_SPEED + 1e-4
    assert speed[:, turns].max() <= CommandMix().turn_speed + 1e-4


def test_what_a_mix_leaves_out_is_not_asked(pretraining: ArmPretraining) -> None:
    mix = CommandMix(
        waving_share=0.0, path_share=0.0, joints_share=0.0, tempo_share=0.0, elbow_down_share=0.0
    )
    batch = drawn(pretraining, mix)
    assert not batch.amplitude.any()
    assert not batch.settings[TEMPO].any()
    assert not batch.settings[ELBOW].any()
    assert not batch.constant[:, batch.space.column(BLEND)].any()
    for command in (batch.command(np.full(COUNT, t, np.float32)) for t in (0.0, 3.0)):
        np.testing.assert_allclose(command, batch.constant, atol=1e-6)


def test_paths_stay_within_reach_at_their_speed(embodiment: ArmRobot, reach: Reach) -> None:
    rng, straight = np.random.default_rng(1), reach.pointing_down()
    low, high = straight.command[:, :3].min(0), straight.command[:, :3].max(0)
    for _ in range(60):
        path = random_path(rng, straight)
        assert path.repeat
        places = np.array([row[1:] for row in path.waypoints])
        assert (places >= low - 0.17).all()
        assert (places <= high + 0.17).all()
        times = np.array([row[0] for row in path.waypoints])
        speed = np.linalg.norm(np.diff(places, axis=0), axis=1) / np.diff(times)
        assert speed.max() < 1.1 * SPEEDS[1]


def test_being_there_pays_most(
    pretraining: ArmPretraining, embodiment: ArmRobot, reach: Reach
) -> None:
    stage = pretraining.curriculum[-1]
    some = reach.pick(slice(None, None, 40))
    batch = asked(embodiment, some)

    def paid(qpos: np.ndarray) -> dict[str, np.ndarray]:
        nothing = np.zeros((2, len(qpos), 1), np.float32)
        rollout = at(embodiment, qpos, batch)
        experience = Experience(rollout, nothing, nothing, nothing, nothing, nothing)
        return pretraining.reward_terms(experience, stage)

    there, home = paid(some.qpos), paid(np.tile(embodiment.home_qpos, (len(some), 1)))
    weights = stage.weights
    assert there["place"].min() > 0.7 * weights.place
    assert there["pointing"].min() > 0.7 * weights.pointing
    assert there["elbow"].min() > 0.5 * weights.elbow
    assert np.median(there["elbow"]) > 0.9 * weights.elbow
    for name in ("collision", "table", "self", "tempo", "smooth"):
        np.testing.assert_allclose(there[name], 0.0, atol=0.2 * weights.clearance)
    far = np.abs(some.command[:, :3]).max(1) > 0.1
    assert (there["place"] > home["place"])[0, far].all()


def test_what_hurts_costs(pretraining: ArmPretraining, embodiment: ArmRobot) -> None:
    batch = CommandBatch.neutral(embodiment.commands, 2)
    rollout = at(embodiment, np.tile(embodiment.home_qpos, (2, 1)), batch)
    rollout.fields["collided"][:, 1] = 1.0
    rollout.fields["table_gap"] = np.array([[0.2, 0.001]], np.float32)
    rollout.fields["self_gap"] = np.array([[0.2, 0.001]], np.float32)
    rollout.fields["tool_velocity"][:, 1] = 3.0
    rollout.fields["joint_torque"][:, 1] = 200.0
    rollout.fields["action"][:, 1] = 2.0
    rollout.fields["joint_position"][0, 1] = embodiment.joints.upper
    nothing = np.zeros((2, 2, 1), np.float32)
    terms = pretraining.reward_terms(
        Experience(rollout, nothing, nothing, nothing, nothing, nothing), pretraining.curriculum[0]
    )
    for name in ("collision", "table", "self", "tempo", "torque", "motors", "smooth", "limits"):
        assert terms[name][0, 0] == pytest.approx(0.0, abs=0.05), name
        assert terms[name][0, 1] < -0.05, name


def test_some_episodes_begin_elsewhere(pretraining: ArmPretraining, embodiment: ArmRobot) -> None:
    stage = pretraining.curriculum[1]
    start = pretraining.start(stage)
    assert start is not None
    batch = drawn(pretraining, CommandMix(elbow_down_share=0.5))
    qpos = start(np.random.default_rng(0), batch)
    posed = np.isfinite(qpos).all(1)
    assert 0.4 < posed.mean() < 0.6
    assert not embodiment.failed(qpos[posed].astype(np.float32)).any()
    terms = pretraining.reward_terms(
        Experience(at(embodiment, qpos[posed].astype(np.float32), batch.pick(posed)),
                   *[np.zeros((2, 1, 1), np.float32)] * 5), stage,
    )  # fmt: skip
    by_tool = batch.pick(posed).constant[:, batch.space.column(BLEND)] == 0.0
    assert (terms["elbow"][0, by_tool] > 0.5 * stage.weights.elbow).mean() > 0.95


def test_the_card_measures_what_it_says(
    pretraining: ArmPretraining, embodiment: ArmRobot, reach: Reach
) -> None:
    rows = {row.command: row for row in pretraining.benchmarks}
    up = reach.up().pick(slice(None, None, 60))
    batch = asked(embodiment, up)
    rollout = at(embodiment, up.qpos, batch)
    held = rows["poses all over the reach, held"]
    measured = held.measure(rollout, batch)
    assert measured["error"] < PLACE_M
    assert measured["pointing"] < 0.03
    assert held.must["error"].limit == 0.01
    off = Rollout({**rollout.fields, "tool_position": rollout.tool_position + np.float32(0.1)})
    assert held.measure(off, batch)["error"] == pytest.approx(0.1 * np.sqrt(3.0), abs=PLACE_M)
    untouched = rows["poses all over the reach: no contact"]
    rollout.fields["table_contact"][0, 0] = 1.0
    share = untouched.measure(rollout, batch)["untouched"]
    assert share == pytest.approx(1.0 - 1.0 / len(up))
    assert rows["circle of 0.15 m at 0.1 Hz"].must["error"].limit == 0.015
    for other in embodiment.disturbances:
        assert f"poses all over the reach: {other.words}" in rows


def test_sinusoids_are_compared_with_what_was_asked(
    pretraining: ArmPretraining, embodiment: ArmRobot
) -> None:
    row = next(row for row in pretraining.benchmarks if row.command.startswith("y ±"))
    batch = row.schedules(np.random.default_rng(0), 3)
    times = np.arange(200, dtype=np.float32)[:, None] * 0.02 + np.zeros((1, 3), np.float32)
    command = np.stack([batch.command(time) for time in times])
    place = np.tile(embodiment.wanted.place, (200, 3, 1))
    place[..., 1] += 0.9 * command[..., embodiment.commands.column("y")]
    axis = np.tile(np.float32([0.0, 0.0, -1.0]), (200, 3, 1))
    rollout = Rollout({"command": command, "tool_position": place, "tool_axis": axis})
    measured = row.measure(rollout, batch)
    assert measured["gain"] == pytest.approx(0.9, abs=1e-3)
    assert measured["correlation"] == pytest.approx(1.0, abs=1e-4)


def test_inverse_kinematics_goes_towards_the_pose(embodiment: ArmRobot) -> None:
    solver = InverseKinematics(embodiment)
    batch = CommandBatch.neutral(embodiment.commands, 2).copy()
    batch.constant[1, embodiment.commands.column("z")] = 0.1
    qpos = np.tile(embodiment.home_qpos, (2, 1))
    time, still = np.zeros(2, np.float32), np.zeros_like(qpos)
    action = solver(embodiment.observe(time, qpos, still, qpos, batch))
    np.testing.assert_allclose(action[0], 0.0, atol=1e-3)
    after = embodiment.joints.ctrl(action, qpos)
    place, _ = embodiment.chain.point(embodiment.chain.frames(after))
    assert place[1, 2] > embodiment.wanted.place[2] + 0.005


def test_too_few_joints_are_refused(embodiment: ArmRobot, monkeypatch: pytest.MonkeyPatch) -> None:
    limb = embodiment.robot.limbs[0]
    short = limb.model_copy(update={"joints": limb.joints[:5]})
    robot = embodiment.robot.model_copy(update={"limbs": (short,)})
    monkeypatch.setattr(embodiment, "robot", robot)
    with pytest.raises(Invalid, match="too few joints"):
        ArmPretraining(embodiment)
