"""Runs the exported controller with onnxruntime; as a program, for ten seconds in MuJoCo.

control(time, qpos, qvel, ctrl) takes the raw MuJoCo state at every control step and returns the
actuators' next targets. `time` is in seconds since the reset, `ctrl` are the targets in force.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

Array = NDArray[np.float64]
HERE = Path(__file__).parent
SESSION = onnxruntime.InferenceSession(
    str(HERE / "policy.onnx"), providers=["CPUExecutionProvider"]
)
ABOUT: dict[str, str] = SESSION.get_modelmeta().custom_metadata_map


def control(time: float, qpos: Array, qvel: Array, ctrl: Array) -> Array:
    """Actuator targets until the next control step; the model itself takes many robots at once."""
    state = {"time": np.float64(time), "qpos": qpos, "qvel": qvel, "ctrl": ctrl}
    rows = {name: np.asarray(value, np.float64)[None] for name, value in state.items()}
    targets: Array = SESSION.run(["targets"], rows)[0][0]
    return targets


def main() -> None:
    """Ten seconds from the home keyframe."""
    import mujoco

    model = mujoco.MjModel.from_xml_path(str(HERE / "scene.xml"))
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    substeps = round(json.loads(ABOUT["control_period_s"]) / model.opt.timestep)
    print(f"{ABOUT['robot']}: {ABOUT['command']}")
    while data.time < 10.0 - 1e-9:
        data.ctrl[:] = control(data.time, data.qpos, data.qvel, data.ctrl)
        mujoco.mj_step(model, data, substeps)
    mujoco.mj_forward(model, data)
    print(f"after {data.time:.0f} s the root is at x, y, z =", np.round(data.xpos[1], 3), "m")
    print("joints, rad:", np.round(data.qpos[-model.nu :], 3))


if __name__ == "__main__":
    main()
