"""`tabrl export`: a model as files that run without TabRL."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path

from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import CONTROL_HZ, export_template
from tabrl_local.api_schemas import ModelView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.robots import embodiment_named

README = """\
# {robot}: {model_id}

Exported from TabRL, version {version} of the parameters (step {step}).

| file | what it is |
| --- | --- |
| `policy.safetensors` | observation normaliser, network, and in its header the command schedule |
| `robot.json` | joint order, home pose, action scale, limits, motors, limbs, command channels |
| `scene.xml` | the MuJoCo scene the policy was trained in (sha256 {scene}) |
| `run_policy.py` | the policy in numpy: `control(time, qpos, qvel, ctrl)`, at {control_hz} Hz |
| `observe.py` | what the policy sees of that state |

`python run_policy.py` simulates ten seconds with the `mujoco` package and prints where it ends.
"""


def export_model(api: Api, model_id: str, folder: Path) -> list[Path]:
    """Write a model's files into a new or empty folder; returns them. Raises CommandError."""
    view = api.model(model_id)
    embodiment = embodiment_named(view.robot)
    robot = embodiment.robot
    try:
        observe = export_template(robot)
    except Invalid as error:
        raise CommandError(error.message, hint=error.hint, code=error.code) from error
    params, view = _consistent(api, view)
    runner = files("tabrl_local").joinpath("templates", "run_policy.py").read_bytes()
    readme = README.format(
        robot=robot.name,
        control_hz=CONTROL_HZ,
        model_id=view.id,
        version=view.params_version,
        step=view.step,
        scene=view.scene_sha256[:12],
    )
    contents = {
        "policy.safetensors": params,
        "robot.json": json.dumps(robot_constants(embodiment), indent=2).encode(),
        "scene.xml": api.fetch(view.scene_url),
        "run_policy.py": runner,
        "observe.py": observe,
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


def robot_constants(embodiment: Embodiment) -> dict[str, object]:
    """What robot.json says: how the robot is built, and what its policy is told and sees."""
    robot, commands = embodiment.robot, embodiment.commands
    return {
        "robot": robot.id,
        "embodiment": robot.embodiment,
        "control_hz": CONTROL_HZ,
        "joint_names": robot.joint_names,
        "home": robot.home,
        "action_scale": robot.action_scale,
        "joint_range": robot.joint_range,
        "integrated": embodiment.joints.integrated,
        "stiffness": embodiment.joints.stiffness.tolist(),
        "damping": embodiment.joints.damping.tolist(),
        "motors": {
            name: getattr(embodiment.joints.motors, name).tolist()
            for name in ("torque", "corner_speed", "no_load_speed")
        },
        "end_effectors": robot.end_effectors,
        "limbs": [limb.model_dump(include={"name", "joints", "place"}) for limb in robot.limbs],
        "channels": commands.names,
        "settings": {one.name: one.choices or one.range for one in commands.settings},
        "observation": embodiment.observation.names,
        **embodiment.exported,
    }


def _consistent(api: Api, view: ModelView) -> tuple[bytes, ModelView]:
    """Parameters whose hash is the model's; a training may publish new ones between two calls."""
    for _ in range(5):
        params = api.params(view.id)
        if hashlib.sha256(params).hexdigest() == view.params_sha256:
            return params, view
        view = api.model(view.id)
    raise CommandError("the parameters do not match their hash", code="bad_params")
