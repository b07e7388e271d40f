"""Runs the exported policy with numpy alone; with mujoco installed, as a program, for ten seconds.

control(time, qpos, qvel, ctrl) takes the raw MuJoCo state, 50 times a second, and returns the
actuators' next targets. `time` is in seconds since the reset, `ctrl` are the targets in force.
"""

import json
from pathlib import Path
from typing import Any

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
OFFSETS = {"trot": [0, 0.5, 0.5, 0], "pace": [0, 0.5, 0, 0.5], "bound": [0, 0, 0.5, 0.5]}


class Phase:
    """One of the things that the program asks for, one after the other."""

    def __init__(self, asked: dict[str, Any]) -> None:
        rows = (np.array(asked[k]) for k in ("constant", "amplitude", "phase"))
        self.constant, self.amplitude, self.phase = rows
        self.omega = 2 * np.pi * asked["beat_frequency"]
        peak = np.abs(self.constant) + np.abs(self.amplitude)
        speed, self.hops = np.hypot(peak[0], peak[1]) + 0.5 * peak[2], peak[7] > 0.005
        self.steps = speed > 0.03 or self.hops or asked["gait_frequency"] > 0
        natural = 2.0 if self.hops else 1.8 + min(speed / 1.2, 1.5)  # strides a second
        self.frequency = (asked["gait_frequency"] or natural) if self.steps else 0.0
        self.stance = 0.55 if asked["gait"] == "trot" else 1 - min(0.45, 0.14 * self.frequency)
        self.course = float(self.constant[2]) if self.steps else 0.0
        self.offset = np.zeros(4) if self.hops else np.array(OFFSETS[asked["gait"]])

    def command(self, time: float) -> Array:
        """vx vy yaw height pitch roll swing jump rear, then the four feet's lifts."""
        now: Array = self.constant + self.amplitude * np.sin(self.omega * time + self.phase)
        return now

    def gait(self, time: float) -> Array:
        """Every foot's phase: stance to 0.55, then swing; 0 at rest, 0.775 for a foot held up."""
        now, stride = self.command(time), (self.frequency * time + self.offset) % 1
        flight = min(self.frequency * 2 * np.sqrt(2 * max(now[7], 0) / 9.81), 0.6)
        stance = 1 - flight if self.hops else self.stance
        swing = 0.55 + (stride - stance) / max(1 - stance, 1e-3) * 0.45
        phase = self.steps * np.where(stride < stance, stride / stance * 0.55, swing)
        held = (now[9:] > 0.02) | (now[8] > 0.6) & (np.arange(4) < 2)
        return np.where(held, 0.775, phase)

    def yaw_swing(self, angle: float) -> float:
        """How far the modulation turns the robot from its course at an angle of the beat."""
        return float(-self.amplitude[2] / self.omega * np.cos(angle + self.phase[2]))


PHASES = [Phase(asked) for asked in (PROGRAM, *PROGRAM.get("later", []))]
LASTS = PROGRAM.get("phases_s") or [1e9]  # seconds of each phase, then the first begins again
TURNS = [p.course * lasts for p, lasts in zip(PHASES, LASTS, strict=True)]


def place(time: float) -> tuple[int, float, int]:
    """Whole rounds done, seconds since, and the phase; half a step early against rounding."""
    rounds = int((time + 0.01) // sum(LASTS))
    since = time - rounds * sum(LASTS)
    begins = np.cumsum(LASTS)[:-1]
    return rounds, since, int(np.sum(since + 0.01 >= begins))


def heading(time: float) -> float:
    """Where the robot is to look, rad: the turns so far, and the swing about that course."""
    rounds, since, k = place(time)
    turned: float = rounds * sum(TURNS) + sum(TURNS[:k])
    turned += PHASES[k].course * (since - sum(LASTS[:k]))
    return turned + PHASES[k].yaw_swing(PHASES[k].omega * time) - PHASES[0].yaw_swing(0.0)


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
    error = heading(time) - np.arctan2(turn[0, 1], turn[0, 0])
    error = np.clip((error + np.pi) % (2 * np.pi) - np.pi, -1, 1)
    now, soon = PHASES[place(time)[2]], PHASES[place(time + 0.1)[2]]
    phase = now.gait(time)
    runs = now.steps | (phase > 0)  # a foot at rest has no clock
    feet = [runs * wave(2 * np.pi * phase) for wave in (np.sin, np.cos)]
    beat = [wave(k * now.omega * time) for k in (1.0, 0.5, 2.0) for wave in (np.sin, np.cos)]
    body = [-turn[:, 2], qvel[3:6], turn @ qvel[:3], qpos[7:] - HOME, qvel[6:]]
    asked = [now.command(time), soon.command(time + 0.1), [error, now.frequency]]
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
