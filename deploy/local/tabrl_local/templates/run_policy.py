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
PEAK = np.abs(CONSTANT) + np.abs(AMPLITUDE)
SPEED, HOPS = np.hypot(PEAK[0], PEAK[1]) + 0.5 * PEAK[2], PEAK[7] > 0.005
STEPS = SPEED > 0.08 or HOPS or PROGRAM["gait_frequency"] > 0
NATURAL = 2.0 if HOPS else 1.8 + min(SPEED / 1.2, 1.5)  # strides a second
FREQUENCY = (PROGRAM["gait_frequency"] or NATURAL) if STEPS else 0.0
OFFSETS = {"trot": [0, 0.5, 0.5, 0], "pace": [0, 0.5, 0, 0.5], "bound": [0, 0, 0.5, 0.5]}
STANCE = 0.55 if PROGRAM["gait"] == "trot" else 1 - min(0.45, 0.14 * FREQUENCY)
OFFSET = np.zeros(4) if HOPS else np.array(OFFSETS[PROGRAM["gait"]])


def command(time: float) -> Array:
    """What the program asks for: vx vy yaw height pitch roll swing jump rear, four feet's lifts."""
    now: Array = CONSTANT + AMPLITUDE * np.sin(OMEGA * time + PHASE)
    return now


def gait(time: float, now: Array) -> Array:
    """Every foot's phase: stance up to 0.55, then swing; 0 at rest, 0.775 for a foot held up."""
    stride = (FREQUENCY * time + OFFSET) % 1
    flight = min(FREQUENCY * 2 * np.sqrt(2 * max(now[7], 0) / 9.81), 0.6)
    stance = 1 - flight if HOPS else STANCE
    swing = 0.55 + (stride - stance) / max(1 - stance, 1e-3) * 0.45
    phase = STEPS * np.where(stride < stance, stride / stance * 0.55, swing)
    held = (now[9:] > 0.02) | (now[8] > 0.6) & (np.arange(4) < 2)
    return np.where(held, 0.775, phase)


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
    swing = AMPLITUDE[2] / OMEGA * (np.cos(PHASE[2]) - np.cos(OMEGA * time + PHASE[2]))
    error = CONSTANT[2] * time + swing - np.arctan2(turn[0, 1], turn[0, 0])
    error = np.clip((error + np.pi) % (2 * np.pi) - np.pi, -1, 1)
    phase = gait(time, command(time))
    runs = STEPS | (phase > 0)  # a foot at rest has no clock
    feet = [runs * wave(2 * np.pi * phase) for wave in (np.sin, np.cos)]
    beat = [wave(k * OMEGA * time) for k in (1.0, 0.5, 2.0) for wave in (np.sin, np.cos)]
    body = [-turn[:, 2], qvel[3:6], turn @ qvel[:3], qpos[7:] - HOME, qvel[6:]]
    asked = [command(time), command(time + 0.1), [error, FREQUENCY]]
    return np.concatenate([*body, (ctrl - HOME) / SCALE, *asked, *feet, beat])


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
