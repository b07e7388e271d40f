"""A policy's controller as an ONNX model."""

from __future__ import annotations

import json

import numpy as np
import onnx
from onnx import helper

from tabrl.control.policy import Policy, PolicyWeights
from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import CONTROL_HZ
from tabrl.export.exportable import Exportable
from tabrl_exporter.onnx_model.array_module import array_module
from tabrl_exporter.onnx_model.graph import ELEMENTS, IR_VERSION, OPSET, Graph
from tabrl_exporter.onnx_model.traced import BATCH, ROWS, Traced

_DOUBLE = ELEMENTS[np.dtype(np.float64)]


def controller(model: Exportable) -> bytes:
    """The model of `[B]` times, raw states and last targets to targets, all in double precision.

    Inputs `time [B]` in s since the reset, `qpos [B, nq]`, `qvel [B, nv]`, `ctrl [B, nu]` as MuJoCo
    has them (what is not known is not a number), output `targets [B, nu]`, rad. Raises `Invalid`
    (code `bad_params`) for parameters that cannot be run, or (`no_onnx`) for a kind of robot whose
    controller does what the graph cannot say.
    """
    policy = model.policy
    embodiment, graph = policy.embodiment, Graph()
    sizes = {"qpos": embodiment.nq, "qvel": embodiment.nv, "ctrl": embodiment.robot.nu}
    time = Traced(graph, ROWS, np.linspace(0.0, 10.0, BATCH))
    qpos, qvel, ctrl = (Traced(graph, name, _made_up(size)) for name, size in sizes.items())
    try:
        targets = _targets(policy, time, qpos, qvel, ctrl)
    except (AttributeError, TypeError, KeyError) as error:  # a kind may be somebody else's code
        raise Invalid(
            f"The controller of {embodiment.robot.embodiment} robots does what the ONNX export "
            f"does not know: {error}",
            code="no_onnx",
            hint="Take the model away as a numpy program.",
        ) from error
    graph.nodes.append(helper.make_node("Identity", [targets.name], ["targets"]))
    shapes: dict[str, tuple[str | int, ...]] = {name: ("B", size) for name, size in sizes.items()}
    shapes = {ROWS: ("B",), **shapes}
    inputs = [helper.make_tensor_value_info(n, _DOUBLE, shape) for n, shape in shapes.items()]
    output = helper.make_tensor_value_info("targets", _DOUBLE, ["B", embodiment.robot.nu])
    written = helper.make_model(
        helper.make_graph(graph.nodes, "controller", inputs, [output], graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="TabRL",
        doc_string=f"{model.robot.name}: {policy.schedule.in_words()}",
    )
    helper.set_model_props(written, metadata(model))
    onnx.checker.check_model(written, full_check=True)
    data: bytes = written.SerializeToString(deterministic=True)
    return data


def metadata(model: Exportable) -> dict[str, str]:
    """What the model says of itself: JSON where it is no text."""
    embodiment = model.embodiment
    robot, joints = embodiment.robot, embodiment.joints
    numbers: dict[str, object] = {
        "params_version": model.params_version,
        "step": model.step,
        "control_hz": CONTROL_HZ,
        "control_period_s": 1.0 / CONTROL_HZ,
        "joint_names": robot.joint_names,
        "home": robot.home,
        "action_scale": robot.action_scale,
        "integrated": joints.integrated,
        "joint_range": robot.joint_range,
        "stiffness": joints.stiffness.tolist(),
        "damping": joints.damping.tolist(),
    }
    return {
        "model_id": model.model_id,
        "robot": robot.id,
        "embodiment": robot.embodiment,
        "scene_sha256": model.policy.header.scene_sha256,
        "command": model.policy.schedule.in_words(),
        **{name: json.dumps(value) for name, value in numbers.items()},
    }


def _targets(policy: Policy, time: Traced, qpos: Traced, qvel: Traced, ctrl: Traced) -> Traced:
    embodiment, xp = policy.embodiment, array_module(time)
    seen = embodiment.observe(time, qpos, qvel, ctrl, policy.commands, xp=xp)
    action = _act(policy.weights, seen)
    found: Traced = embodiment.joints.aimed(action, qpos, qvel, xp, last=ctrl)
    return found


def _act(weights: PolicyWeights, seen: Traced) -> Traced:
    """The network: `PolicyWeights.act`."""
    x = (seen - weights.mean) / weights.std
    for layer in weights.layers[:-1]:
        x = x @ layer.kernel + layer.bias
        # Not `x * Sigmoid(x)`: runtimes fuse that into an operator of single precision alone.
        falling = -x
        x = x / (1.0 + falling.write("Exp", np.exp(falling.value), falling.name))
    return x @ weights.layers[-1].kernel + weights.layers[-1].bias


def _made_up(size: int) -> np.ndarray:
    """Rows of some numbers that are no special case."""
    return np.random.default_rng(size).uniform(0.1, 0.4, (BATCH, size))
