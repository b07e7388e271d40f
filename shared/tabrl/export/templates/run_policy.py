"""Runs the exported policy with numpy alone; with mujoco installed, as a program, for ten seconds.

control(time, qpos, qvel, ctrl) takes the raw MuJoCo state at every control step and returns the
actuators' next targets. `time` is in seconds since the reset, `ctrl` are the targets in force.
What the policy sees of that, observe.py knows.
"""

import json
import runpy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
HERE = Path(__file__).parent
DATA = (HERE / "policy.safetensors").read_bytes()
START = 8 + int.from_bytes(DATA[:8], "little")
INDEX = json.loads(DATA[8:START])
PROGRAM = json.loads(INDEX.pop("__metadata__")["header"])["program"]
TENSORS = {
    name: np.frombuffer(DATA[START:][slice(*t["data_offsets"])], "<f4").reshape(t["shape"])
    for name, t in INDEX.items()
}
ROBOT = json.loads((HERE / "robot.json").read_text())
HOME, SCALE, LIMITS = (np.array(ROBOT[k]) for k in ("home", "action_scale", "joint_range"))
STIFFNESS, DAMPING = (np.array(ROBOT[k]) for k in ("stiffness", "damping"))
MOTORS = {name: np.array(values) for name, values in ROBOT["motors"].items()}
observe = runpy.run_path(str(HERE / "observe.py"))["observer"](PROGRAM, ROBOT)


def control(time: float, qpos: Array, qvel: Array, ctrl: Array) -> Array:
    """Actuator targets until the next control step."""
    x = observe(time, qpos, qvel, ctrl) - TENSORS["normalizer/mean"]
    x = x / TENSORS["normalizer/std"]
    last = sum(name.endswith("kernel") for name in TENSORS) - 1
    for i in range(last + 1):
        x = x @ TENSORS[f"policy/{i}/kernel"] + TENSORS[f"policy/{i}/bias"]
        x = x if i == last else x / (1 + np.exp(-x))
    position, velocity = qpos[-len(HOME) :], qvel[-len(HOME) :]
    most = position + (line(velocity) + DAMPING * velocity) / STIFFNESS
    least = position - (line(-velocity) - DAMPING * velocity) / STIFFNESS
    # An action is a distance from home, or where it is integrated the speed of the targets.
    wanted = ctrl + SCALE * x / ROBOT["control_hz"] if ROBOT["integrated"] else HOME + SCALE * x
    targets: Array = np.clip(np.clip(wanted, least, most), LIMITS[:, 0], LIMITS[:, 1])
    return targets


def line(velocity: Array) -> Array:
    """The largest torques of the motors at joint velocities: full, then less in a straight line."""
    slope = MOTORS["torque"] / (MOTORS["no_load_speed"] - MOTORS["corner_speed"])
    torque: Array = np.clip((MOTORS["no_load_speed"] - velocity) * slope, 0, MOTORS["torque"])
    return torque


def main() -> None:
    """Ten seconds from the home keyframe."""
    import mujoco

    model = mujoco.MjModel.from_xml_path(str(HERE / "scene.xml"))
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    while data.time < 10.0 - 1e-9:
        data.ctrl[:] = control(data.time, data.qpos, data.qvel, data.ctrl)
        mujoco.mj_step(model, data, round(1.0 / ROBOT["control_hz"] / model.opt.timestep))
    mujoco.mj_forward(model, data)
    print(f"after {data.time:.0f} s, in m:")
    print("  the root is at x, y, z =", np.round(data.xpos[1], 3))
    for name in ROBOT["end_effectors"]:
        print(f"  {name} is at x, y, z =", np.round(data.site(name).xpos, 3))


if __name__ == "__main__":
    main()
