"""The format `onnx`: the whole controller as one model, and a program that runs it."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from types import MappingProxyType

from tabrl.control.kinematics import FREE, PLANE
from tabrl.embodiments.lookup import CONTROL_HZ
from tabrl.export.exportable import Exportable, Files
from tabrl_exporter.onnx_model.controller import controller
from tabrl_exporter.onnx_model.graph import OPSET

_README = """
| file | what it is |
| --- | --- |
| `policy.onnx` | the whole controller, opset {opset}: observation, command schedule, normaliser, \
network, limits of motors and joints |
| `scene.xml` | the MuJoCo scene the policy was trained in (sha256 {scene}) |
| `run_policy.py` | runs it with `onnxruntime`: `control(time, qpos, qvel, ctrl)` |

`python run_policy.py` simulates ten seconds with the `mujoco` package.

## The model
Everything is in double precision, for B robots at once; ask it every {period:g} s ({hz} Hz).

| input | shape | what it is |
| --- | --- | --- |
| `time` | `[B]` | seconds since the robot began |
| `qpos` | `[B, {nq}]` | positions as MuJoCo has them{place} |
| `qvel` | `[B, {nv}]` | velocities as MuJoCo has them{speed} |
| `ctrl` | `[B, {nu}]` | the targets in force, rad; first the home pose |

The output `targets [B, {nu}]` are the joints' next targets, rad, for position servos with the \
stiffness and damping named in the metadata, where there are also: `model_id`, `params_version`, \
`step`, `robot`, `embodiment`, `scene_sha256`, `command` (in words), `control_hz`, \
`control_period_s`, `joint_names` (in the order of `targets`), `home`, `action_scale`, \
`integrated`, `joint_range`. Lists and numbers are JSON.
"""
# What comes before the joints in qpos and qvel.
_ROOTS = MappingProxyType(
    {
        FREE: (
            ", the root's place and quaternion (w, x, y, z) first; a place (x, y) that is not known"
            " is NaN",
            ", the root's linear velocity (world) and angular velocity (body) first; a linear"
            " velocity that is not known is NaN",
        ),
        PLANE: (
            ", the root's x, z and pitch first; an x that is not known is NaN",
            ", the root's velocity along x and z and its pitch's first; a velocity along x and z"
            " that is not known is NaN",
        ),
    }
)


def onnx_model(model: Exportable) -> Files:
    """The files of the format.

    Raises `Invalid` (code `no_onnx`) for a controller that does what the graph cannot say.
    """
    embodiment = model.embodiment
    place, speed = _ROOTS.get(embodiment.skeleton.root, ("", ""))
    readme = model.heading + _README.format(
        opset=OPSET, period=1.0 / CONTROL_HZ, hz=CONTROL_HZ, place=place, speed=speed,
        nq=embodiment.nq, nv=embodiment.nv, nu=embodiment.robot.nu,
        scene=hashlib.sha256(model.scene).hexdigest()[:12],
    )  # fmt: skip
    program = files("tabrl_exporter").joinpath("templates", "run_policy.py")
    return {
        "policy.onnx": controller(model),
        "scene.xml": model.scene,
        "run_policy.py": program.read_bytes(),
        "README.md": readme.encode(),
    }
