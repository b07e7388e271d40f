"""The format `numpy`: parameters, constants, scene, and a program that needs numpy alone."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

from tabrl.embodiments.lookup import CONTROL_HZ, export_template
from tabrl.export.exportable import Exportable, Files
from tabrl.export.robot_constants import robot_constants

_README = """
| file | what it is |
| --- | --- |
| `policy.safetensors` | observation normaliser, network, and in its header the command schedule |
| `robot.json` | joint order, home pose, action scale, limits, motors, limbs, command channels |
| `scene.xml` | the MuJoCo scene the policy was trained in (sha256 {scene}) |
| `run_policy.py` | the policy in numpy: `control(time, qpos, qvel, ctrl)`, at {control_hz} Hz |
| `observe.py` | what the policy sees of that state |

`python run_policy.py` simulates ten seconds with the `mujoco` package and prints where it ends.
"""


def numpy_program(model: Exportable) -> Files:
    """The files of the format. Raises `Invalid` (code `no_export`) for a kind that has none."""
    readme = model.heading + _README.format(
        control_hz=CONTROL_HZ, scene=hashlib.sha256(model.scene).hexdigest()[:12]
    )
    return {
        "policy.safetensors": model.params,
        "robot.json": json.dumps(robot_constants(model.embodiment), indent=2).encode(),
        "scene.xml": model.scene,
        "run_policy.py": files("tabrl.export").joinpath("templates", "run_policy.py").read_bytes(),
        "observe.py": export_template(model.robot),
        "README.md": readme.encode(),
    }
