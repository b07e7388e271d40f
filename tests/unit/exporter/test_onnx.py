"""The ONNX model computes what the inference server computes."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from bench.exports.schedules import every_kind
from bench.exports.states import States, some_states

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.kinematics import FREE, PLANE
from tabrl.domain.errors import Invalid
from tabrl.export.exportable import Exportable
from tabrl.robots import Robot, scene_xml
from tabrl_exporter.onnx_format import onnx_model
from tabrl_exporter.onnx_model.controller import controller
from tests.support.made_up import made_up_params, made_up_schedule

ROWS = 200
CLOSE = 1e-5  # rad


def exportable(robot: Robot, schedule: CommandSchedule) -> Exportable:
    return Exportable("mdl_1", 3, 10, robot, made_up_params(robot, schedule), scene_xml(robot.id))


def states(model: Exportable, count: int, seconds: float) -> States:
    return some_states(model.embodiment, count, np.random.default_rng(1), seconds)


def run(data: bytes, *state: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = ("time", "qpos", "qvel", "ctrl")
    targets: np.ndarray = session.run(["targets"], dict(zip(names, state, strict=True)))[0]
    return targets


def test_every_kind_of_schedule_in_many_states(robot: Robot) -> None:
    for name, schedule in every_kind(robot, np.random.default_rng(0)):
        model = exportable(robot, schedule)
        state = states(model, ROWS, seconds=60.0)
        _, wanted = model.policy.control(*state)
        found = run(controller(model), *state)
        assert np.isfinite(found).all(), name
        np.testing.assert_allclose(found, wanted, rtol=0, atol=CLOSE, err_msg=name)
        assert np.ptp(found, axis=0).max() > 1000 * CLOSE, name


def test_a_clock_of_hours_is_no_less_exact(robot: Robot) -> None:
    model = exportable(robot, made_up_schedule(robot))
    time, *rest = states(model, ROWS, seconds=20.0)
    state = (time + 4 * 3600.0, *rest)
    _, wanted = model.policy.control(*state)
    np.testing.assert_allclose(run(controller(model), *state), wanted, rtol=0, atol=CLOSE)


def test_one_robot_alone_is_told_the_same(robot: Robot) -> None:
    model = exportable(robot, made_up_schedule(robot))
    state = states(model, 3, seconds=9.0)
    data = controller(model)
    together = run(data, *state)
    alone = [run(data, *(part[row : row + 1] for part in state))[0] for row in range(3)]
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-12)


def test_the_model_says_what_it_is(robot: Robot) -> None:
    model = exportable(robot, made_up_schedule(robot))
    data = controller(model)
    assert controller(model) == data  # to the last bit
    written = onnx.load_from_string(data)
    assert [(one.domain, one.version) for one in written.opset_import] == [("", 17)]
    about = {one.key: one.value for one in written.metadata_props}
    assert (about["model_id"], about["robot"]) == ("mdl_1", robot.id)
    assert json.loads(about["control_period_s"]) == 0.02
    assert tuple(json.loads(about["joint_names"])) == robot.joint_names
    for name in ("home", "action_scale", "joint_range", "stiffness", "damping"):
        assert len(json.loads(about[name])) == robot.nu


def test_the_program_beside_it_runs(robot: Robot, tmp_path: Path) -> None:
    model = exportable(robot, made_up_schedule(robot))
    for name, data in onnx_model(model).items():
        (tmp_path / name).write_bytes(data)
    control = runpy.run_path(str(tmp_path / "run_policy.py"))["control"]
    state = states(model, 1, seconds=9.0)
    _, wanted = model.policy.control(*state)
    time, *rest = (part[0] for part in state)
    np.testing.assert_allclose(control(time, *rest), wanted[0], rtol=0, atol=CLOSE)
    assert str(tmp_path) not in (tmp_path / "README.md").read_text()


def test_the_words_beside_it_are_of_the_robots_own_root(robot: Robot) -> None:
    """A quaternion only of a root that is free, a pitch only of one in a plane."""
    model = exportable(robot, made_up_schedule(robot))
    words, root = onnx_model(model)["README.md"].decode(), model.embodiment.skeleton.root
    assert ("quaternion" in words) == (root == FREE)
    assert ("x, z and pitch" in words) == (root == PLANE)


def test_what_the_graph_cannot_say_is_refused(
    robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = exportable(robot, made_up_schedule(robot))

    def strange(*_: object, xp: object, **__: object) -> object:
        return xp.fft  # type: ignore[attr-defined]

    monkeypatch.setattr(model.embodiment, "observe", strange)
    with pytest.raises(Invalid, match="does not know") as refused:
        onnx_model(model)
    assert refused.value.code == "no_onnx"
