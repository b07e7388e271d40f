"""The exported numpy program computes what the inference server computes."""

from __future__ import annotations

import json
import runpy
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from bench.exports.states import some_states

from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.physics import physics_model
from tabrl.control.policy import Layer, PolicyHeader, PolicyWeights, dump_policy
from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import Gait
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import export_template
from tabrl.export.exportable import Exportable
from tabrl.export.numpy_program import numpy_program
from tabrl.export.robot_constants import robot_constants
from tabrl.robots import Robot, get_robot, scene_sha256, scene_xml
from tests.support.made_up import made_up_params, made_up_schedule

GO1 = get_robot("go1")
ASKING = partial(CommandSchedule.asking, embodiment_of(GO1).commands)
PROGRAMS = {
    "stand": ASKING(),
    "dance": ASKING(
        vx=(0.4, 0.1, 0.3), vy=-0.1, yaw=(0.5, 0.3, 1.0), height=(-0.03, 0.02, 2.0),
        pitch=(0.05, 0.1, -1.0), roll=(0.02, 0.2, 0.7), modulation_frequency=1.3,
    ),
    "pace with high feet": ASKING(vx=0.6, swing=0.05, gait=Gait.PACE, gait_frequency=2.7),
    "bound fast": ASKING(vx=1.4, gait=Gait.BOUND),
    "march": ASKING(swing=(0.02, 0.02), gait_frequency=1.6),
    "hop": ASKING(jump=0.06, vx=0.3),
    "hop in a rhythm": ASKING(jump=(0.05, 0.04, 0.5), gait_frequency=2.9),
    "lift": ASKING(lift_rr=0.1, roll=-0.1),
    "paw": ASKING(lift_fl=(0.05, 0.05), yaw=0.4),
    "rear": ASKING(rear=0.9),
    "rear now and then": ASKING(rear=(0.35, 0.4), modulation_frequency=0.7),
    "crouch, then hop round, then wiggle": CommandSchedule.sequence(
        [
            ASKING(height=-0.08, yaw=(0.2, 0.5, 0.3), modulation_frequency=0.8),
            ASKING(jump=0.05, yaw=0.6, gait_frequency=2.4),
            ASKING(vx=0.3, yaw=(-0.1, 0.9, 1.0), modulation_frequency=1.7, gait=Gait.BOUND),
        ],
        (2.0, 1.7, 0.5),
    ),
    "turn, walk on, and stay": CommandSchedule.sequence(
        [ASKING(yaw=1.0), ASKING(vx=0.5), ASKING()], (1.5, 1.0, 2.0), repeat=False
    ),
}  # fmt: skip


def params(program: CommandSchedule) -> bytes:
    rng = np.random.default_rng(0)
    sizes = (len(embodiment_of(GO1).observation), 32, 16, GO1.nu)
    layers = tuple(
        Layer(
            (rng.normal(size=(i, o)) / np.sqrt(i)).astype(np.float32),
            rng.normal(size=o).astype(np.float32) * 0.1,
        )
        for i, o in pairwise(sizes)
    )
    mean = rng.normal(size=sizes[0]).astype(np.float32)
    std = rng.uniform(0.5, 2.0, sizes[0]).astype(np.float32)
    header = PolicyHeader(
        robot="go1", scene_sha256=scene_sha256("go1"), program=ScheduleDocument.of(program)
    )
    return dump_policy(header, PolicyWeights(mean, std, layers))


def exported(program: CommandSchedule) -> Exportable:
    return Exportable("mdl_1", 3, 10, GO1, params(program), scene_xml("go1"))


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_program_runs_without_tabrl(tmp_path: Path, program: CommandSchedule) -> None:
    model = exported(program)
    for name, data in numpy_program(model).items():
        (tmp_path / name).write_bytes(data)
    assert {file.name for file in tmp_path.iterdir()} == {
        "policy.safetensors", "robot.json", "scene.xml", "run_policy.py", "observe.py",
        "README.md",
    }  # fmt: skip
    for name in ("run_policy.py", "observe.py"):
        source = (tmp_path / name).read_text()
        assert "tabrl" not in "".join(line for line in source.splitlines() if "import" in line)
    control = runpy.run_path(str(tmp_path / "run_policy.py"))["control"]
    policy, rng = model.policy, np.random.default_rng(1)
    home = np.array(GO1.home)
    for time in (0.0, 0.02, 0.33, 1.98, 2.0, 3.62, 3.7, 4.12, 4.2, 7.91, 100 * 0.02 + 16.8):
        quaternion = rng.normal(size=4)
        quaternion /= np.linalg.norm(quaternion)
        qpos = np.concatenate([rng.normal(size=3), quaternion, home + 0.2 * rng.normal(size=12)])
        qvel, ctrl = rng.normal(size=18), home + 0.2 * rng.normal(size=12)
        _, wanted = policy.control(np.array([time]), qpos[None], qvel[None], ctrl[None])
        np.testing.assert_allclose(control(time, qpos, qvel, ctrl), wanted[0], rtol=0, atol=1e-5)


def test_after_the_last_stage_it_stays_in_that_of_every_kind_of_robot(
    robot: Robot, tmp_path: Path
) -> None:
    """A schedule that does not repeat, looked at until long after its end."""
    waves = [made_up_schedule(robot, seed).stages[0] for seed in (1, 2)]
    program = CommandSchedule.sequence(waves, (1.0, 0.8), repeat=False)
    model = Exportable("mdl_1", 3, 10, robot, made_up_params(robot, program), scene_xml(robot.id))
    for name, data in numpy_program(model).items():
        (tmp_path / name).write_bytes(data)
    control = runpy.run_path(str(tmp_path / "run_policy.py"))["control"]
    _, qpos, qvel, ctrl = (
        part[7] for part in some_states(model.embodiment, 8, np.random.default_rng(1), 1.0)
    )
    times = (0.5, 0.98, 1.0, 1.7, 1.78, 1.8, 1.9, 2.7, 2.78, 2.82, 7.3, 100.02)
    for time in times:
        state = (np.array([time]), qpos[None], qvel[None], ctrl[None])
        _, wanted = model.policy.control(*state)
        found = control(time, qpos, qvel, ctrl)
        np.testing.assert_allclose(found, wanted[0], rtol=0, atol=1e-5, err_msg=str(time))


def test_the_observation_is_that_of_whatever_robot_of_the_kind(tmp_path: Path) -> None:
    """Larger, fewer legs in another order, channels left out: nothing is found by its position."""
    limbs = tuple(GO1.limbs[place] for place in (3, 0, 2))
    changed = {"limbs": limbs, "without": ("jump", "height"), "characteristic_length": 0.54}
    robot = GO1.model_copy(update=changed)
    embodiment = LeggedRobot(robot, physics_model(GO1))
    (tmp_path / "observe.py").write_bytes(export_template(robot))
    observer = runpy.run_path(str(tmp_path / "observe.py"))["observer"]
    asking = partial(CommandSchedule.asking, embodiment.commands)
    stages = (
        asking(vx=0.5, yaw=(0.3, 0.2, 0.1), gait=Gait.PACE),
        asking(rear=0.8, roll=(0.1, 0.1, 0.2), modulation_frequency=0.9),
        asking(vy=0.2, lift_fr=0.1, gait_frequency=2.1),
    )
    schedule = CommandSchedule.sequence(stages, (1.5, 1.0, 2.0))
    program = ScheduleDocument.of(schedule).model_dump(mode="json")
    observe = observer(program, json.loads(json.dumps(robot_constants(embodiment))))
    rng, commands = np.random.default_rng(2), StagedCommands.stack([schedule])
    qpos, qvel, ctrl = (rng.normal(size=size) for size in (19, 18, 12))
    qpos[3:7] /= np.linalg.norm(qpos[3:7])
    for time in (0.0, 0.4, 1.44, 1.5, 2.3, 2.6, 3.9, 4.5, 9.7):
        wanted = embodiment.observe(np.array([time]), qpos[None], qvel[None], ctrl[None], commands)
        np.testing.assert_allclose(observe(time, qpos, qvel, ctrl), wanted[0], rtol=0, atol=1e-5)


def test_a_kind_without_a_program_cannot_be_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unexported").mkdir()
    for name in ("__init__.py", "catalogue.py"):
        (tmp_path / "unexported" / name).write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TABRL_EMBODIMENTS", "unexported")
    with pytest.raises(Invalid) as refused:
        export_template(GO1.model_copy(update={"embodiment": "unexported"}))
    assert refused.value.code == "no_export"
