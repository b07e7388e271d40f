"""`tabrl export`: a model as files that run without TabRL."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path

from tabrl.domain.errors import TabrlError
from tabrl.robots import get_robot
from tabrl_local.api_schemas import ModelView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError

README = """\
# {robot}: {model_id}

Exported from TabRL, version {version} of the parameters (step {step}).

| file | what it is |
| --- | --- |
| `policy.safetensors` | observation normaliser, network, and in its header the command program |
| `robot.json` | joint order, home pose, action scale and limits |
| `scene.xml` | the MuJoCo scene the policy was trained in (sha256 {scene}) |
| `run_policy.py` | the policy in numpy: `control(time, qpos, qvel, ctrl)`, 50 times a second |

`python run_policy.py` simulates ten seconds with the `mujoco` package and prints where it ends.
"""


def export_model(api: Api, model_id: str, folder: Path) -> list[Path]:
    """Write a model's files into a new or empty folder; returns them. Raises CommandError."""
    view = api.model(model_id)
    try:
        robot = get_robot(view.robot)
    except TabrlError as error:
        raise CommandError(error.message, hint="this client is older than the server") from error
    params, view = _consistent(api, view)
    constants = {
        "robot": robot.id,
        "joint_names": robot.joint_names,
        "home": robot.home,
        "action_scale": robot.action_scale,
        "joint_range": robot.joint_range,
    }
    runner = files("tabrl_local").joinpath("templates", "run_policy.py").read_bytes()
    readme = README.format(
        robot=robot.name,
        model_id=view.id,
        version=view.params_version,
        step=view.step,
        scene=view.scene_sha256[:12],
    )
    contents = {
        "policy.safetensors": params,
        "robot.json": json.dumps(constants, indent=2).encode(),
        "scene.xml": api.fetch(view.scene_url),
        "run_policy.py": runner,
        "README.md": readme.encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty", hint="name a new folder")
        for name, data in contents.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise CommandError(f"cannot write to {folder}: {error.strerror}") from error
    return [folder / name for name in contents]


def _consistent(api: Api, view: ModelView) -> tuple[bytes, ModelView]:
    """Parameters whose hash is the model's; a training may publish new ones between two calls."""
    for _ in range(5):
        params = api.params(view.id)
        if hashlib.sha256(params).hexdigest() == view.params_sha256:
            return params, view
        view = api.model(view.id)
    raise CommandError("the parameters do not match their hash", code="bad_params")
