"""Runs the exported policy with numpy alone; with mujoco installed, as a program, for ten seconds.

control(time, qpos, qvel, ctrl) takes the raw MuJoCo state, 50 times a second, and returns the
actuators' next targets. `time` is in seconds since the reset, `ctrl` are the targets in force.
"""

import json
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
CONSTANT, AMPLITUDE, PHASE = (np.array(PROGRAM[k]) for k in ("constant", "amplitude", "phase"))
OMEGA = 2 * np.pi * PROGRAM["beat_frequency"]


def observe(time: float, qpos: Array, qvel: Array, ctrl: Array) -> Array:
    """The policy's input."""
    w, x, y, z = qpos[3:7]
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
            [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
            [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
        ]
    )  # world to body
    now, ahead = (CONSTANT + AMPLITUDE * np.sin(OMEGA * t + PHASE) for t in (time, time + 0.1))
    peak = np.abs(CONSTANT) + np.abs(AMPLITUDE)
    speed = np.hypot(peak[0], peak[1]) + 0.5 * peak[2]
    stride = 2 * np.pi * (1.8 + min(speed / 1.2, 1.0)) * time
    swing = AMPLITUDE[2] / OMEGA * (np.cos(PHASE[2]) - np.cos(OMEGA * time + PHASE[2]))
    error = CONSTANT[2] * time + swing - np.arctan2(turn[0, 1], turn[0, 0])
    error = np.clip((error + np.pi) % (2 * np.pi) - np.pi, -1, 1)
    walk = float(speed > 0.08)
    clocks = [f(k * OMEGA * time) for k in (1.0, 0.5, 2.0) for f in (np.sin, np.cos)]
    parts = (-turn[:, 2], qvel[3:6], turn @ qvel[:3], qpos[7:] - HOME, qvel[6:])
    rhythm = [error, walk * np.sin(stride), walk * np.cos(stride), *clocks]
    return np.concatenate([*parts, (ctrl - HOME) / SCALE, now, ahead, rhythm])


def control(time: float, qpos: Array, qvel: Array, ctrl: Array) -> Array:
    """Actuator targets for the next 20 ms."""
    x = observe(time, qpos, qvel, ctrl) - TENSORS["normalizer/mean"]
    x = x / TENSORS["normalizer/std"]
    last = sum(name.endswith("kernel") for name in TENSORS) - 1
    for i in range(last + 1):
        x = x @ TENSORS[f"policy/{i}/kernel"] + TENSORS[f"policy/{i}/bias"]
        x = x if i == last else x / (1 + np.exp(-x))
    return np.clip(HOME + SCALE * x, LIMITS[:, 0], LIMITS[:, 1])


def main() -> None:
    """Ten seconds from the home keyframe."""
    import mujoco

    model = mujoco.MjModel.from_xml_path(str(HERE / "scene.xml"))
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    while data.time < 10.0 - 1e-9:
        data.ctrl[:] = control(data.time, data.qpos, data.qvel, data.ctrl)
        mujoco.mj_step(model, data, round(0.02 / model.opt.timestep))
    print("after 10 s the robot is at x, y, z =", np.round(data.qpos[:3], 3), "m")


if __name__ == "__main__":
    main()
