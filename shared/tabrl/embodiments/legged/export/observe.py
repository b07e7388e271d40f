"""What a legged robot's policy sees, with numpy alone; copied beside an exported policy.

observer(program, robot) gives observe(time, qpos, qvel, ctrl); `program` is the policy's command
schedule and `robot` what robot.json says. The robot's root is free: x, y, z, quaternion w, x, y, z.
What is not known of its place (x, y) and of its linear velocity is not a number.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DUTY, MID_SWING = 0.55, 0.775  # share of a stride on the ground; phase of a foot held up
GRAVITY = 9.81
AHEAD_S, EARLY_S = 0.1, 0.01  # commands to come are seen; stages begin half a step early


class Stage:
    """One of the things that the program asks for, one after the other."""

    def __init__(self, asked: dict[str, Any], robot: dict[str, Any]) -> None:
        rows = (np.array(asked[key]) for key in ("constant", "amplitude", "phase"))
        self.constant, self.amplitude, self.phase = rows
        self.names: list[str] = robot["channels"]
        self.yaw = self.names.index("yaw")
        self.lifts = [self.names.index(foot["lift"]) for foot in robot["feet"]]
        self.front = np.array([foot["front"] for foot in robot["feet"]])
        self.omega = 2 * np.pi * asked["beat_frequency"]
        peak = self.named(np.abs(self.constant) + np.abs(self.amplitude))
        own: dict[str, float] = robot["gait"]
        speed = np.hypot(peak["vx"], peak["vy"]) + own["turning_radius"] * peak["yaw"]
        self.hops, self.lifted = peak.get("jump", 0.0) > own["hopping"], own["lifted"]
        self.steps = speed > own["walking"] or self.hops or asked["gait_frequency"] > 0
        walk = own["slow_steps"] + min(speed / own["stride"], own["added_steps"])
        natural = own["hop_frequency"] if self.hops else walk  # strides a second
        self.frequency = (asked["gait_frequency"] or natural) if self.steps else 0.0
        long, short = DUTY, 1 - min(1 - DUTY, own["paired_swing"] * self.frequency)
        self.duty = long if asked["gait"] in robot["long_swings"] else short
        ahead = np.array(robot["gait_offsets"][asked["gait"]])
        self.ahead = np.zeros_like(ahead) if self.hops else ahead
        self.turning = float(self.constant[self.yaw]) if self.steps else 0.0
        self.beta = self.amplitude[self.yaw] / self.omega  # rad that the heading swings
        self.planar = [self.names.index(name) for name in ("vx", "vy")]
        self.velocity = self.mean_velocity()

    def named(self, values: Array) -> dict[str, float]:
        """Values of the channels by their names."""
        return dict(zip(self.names, values, strict=True))

    def command(self, time: float) -> Array:
        """What is asked of every channel."""
        now: Array = self.constant + self.amplitude * np.sin(self.omega * time + self.phase)
        return now

    def gait(self, time: float) -> Array:
        """Every foot's phase: stance, then swing from `DUTY` on; 0 at rest."""
        command = self.command(time)
        now, stride = self.named(command), (self.frequency * time + self.ahead) % 1
        flight = self.frequency * 2 * np.sqrt(2 * max(now.get("jump", 0.0), 0) / GRAVITY)
        duty = 1 - min(flight, 0.6) if self.hops else self.duty
        swing = DUTY + (stride - duty) / max(1 - duty, 1e-3) * (1 - DUTY)
        phase = self.steps * np.where(stride < duty, stride / duty * DUTY, swing)
        held = (command[self.lifts] > self.lifted) | (now.get("rear", 0.0) > 0.6) & self.front
        return np.where(held, MID_SWING, phase)

    def mean_velocity(self) -> complex:
        """Speed along the mean heading, ahead + left j: a swinging heading makes it less."""
        apart = np.sin(self.phase[self.planar] - self.phase[self.yaw])
        drift = 0.5 * self.beta * self.amplitude[self.planar] * apart
        ahead, left = self.constant[self.planar] * (1 - self.beta**2 / 4)
        return self.steps * complex(ahead + drift[1], left - drift[0])

    def arc(self, time: float) -> complex:
        """Where the mean motion leads in a time, m ahead and left."""
        half = self.turning * time / 2
        chord = time * np.sinc(half / np.pi) * self.velocity
        return complex(chord * np.exp(1j * half))

    def aside(self, time: float) -> complex:
        """How far the sinusoids have led from there."""
        angle = self.omega * time + self.phase
        ahead, left = -self.amplitude[self.planar] * np.cos(angle[self.planar]) / self.omega
        vx, vy = self.constant[self.planar]
        sideways = self.beta * np.sin(angle[self.yaw]) / self.omega
        return self.steps * complex(ahead + sideways * vy, left - sideways * vx)

    def yaw_swing(self, angle: float) -> float:
        """How far the yaw channel's sinusoid has turned the robot at an angle of its own."""
        wave = np.cos(angle + self.phase[self.yaw])
        return float(-self.amplitude[self.yaw] / self.omega * wave)


class Schedule:
    """The stages, which begin again after the last one unless they are not to repeat."""

    def __init__(self, program: dict[str, Any], robot: dict[str, Any]) -> None:
        self.stages = [Stage(asked, robot) for asked in (program, *program.get("later", []))]
        self.lasts = list(program.get("phases_s") or [1e9])
        if not program.get("repeat", True):
            self.lasts[-1] = 1e9  # nothing follows the last stage
        self.turns = [
            stage.turning * lasts for stage, lasts in zip(self.stages, self.lasts, strict=True)
        ]

    def place(self, time: float) -> tuple[int, float, int]:
        """Whole rounds done, seconds since, and which stage."""
        rounds = int((time + EARLY_S) // sum(self.lasts))
        since = time - rounds * sum(self.lasts)
        begins = np.cumsum(self.lasts)[:-1]
        return rounds, since, int(np.sum(since + EARLY_S >= begins))

    def at(self, time: float) -> Stage:
        """The stage at a time."""
        return self.stages[self.place(time)[2]]

    def heading(self, time: float) -> float:
        """Where the robot is to look, rad: the turns so far, and the sinusoid about them."""
        rounds, since, k = self.place(time)
        now, first = self.stages[k], self.stages[0]
        turned: float = rounds * sum(self.turns) + sum(self.turns[:k])
        turned += now.turning * (since - sum(self.lasts[:k]))
        return turned + now.yaw_swing(now.omega * time) - first.yaw_swing(0.0)

    def path(self, time: float) -> complex:
        """Where the robot is to be, m ahead + left j of where it began."""
        rounds, since, k = self.place(time)
        reached, turned = 0j, 0.0
        for stage, lasts in zip(self.stages[:k], self.lasts, strict=False):
            reached += np.exp(1j * turned) * stage.arc(lasts)
            turned += stage.turning * lasts
        now, first = self.stages[k], self.stages[0]
        into = since - sum(self.lasts[:k])
        reached += np.exp(1j * turned) * now.arc(into)
        turned += now.turning * into
        led, angle = 0j, 0.0  # by a whole round
        for stage, lasts in zip(self.stages, self.lasts, strict=True):
            led += np.exp(1j * angle) * stage.arc(lasts)
            angle += stage.turning * lasts
        before = sum((led * np.exp(1j * angle * n) for n in range(rounds)), 0j)
        reached = before + np.exp(1j * rounds * angle) * reached
        turned += rounds * angle
        offset = first.beta * np.cos(first.phase[first.yaw])
        along = reached + np.exp(1j * turned) * now.aside(time) - first.aside(0.0)
        return complex(np.exp(1j * offset) * along)


def world_to_body(quaternion: Array) -> Array:
    """The rotation matrix of an attitude w, x, y, z."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
            [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
            [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def observer(
    program: dict[str, Any], robot: dict[str, Any]
) -> Callable[[float, Array, Array, Array], Array]:
    """The observation of a robot that follows a program."""
    schedule = Schedule(program, robot)
    home, scale = np.array(robot["home"]), np.array(robot["action_scale"])

    def observe(time: float, qpos: Array, qvel: Array, ctrl: Array) -> Array:
        turn = world_to_body(qpos[3:7])
        yaw = np.arctan2(turn[0, 1], turn[0, 0])
        error = schedule.heading(time) - yaw
        off = (schedule.path(time) - complex(*qpos[:2])) * np.exp(-1j * yaw)
        reach, known = robot["path_reach"], np.isfinite(qvel[:3]).all()
        now, phase = schedule.at(time), schedule.at(time).gait(time)
        runs = now.steps | (phase > 0)  # a foot at rest has no clock
        angles = [k * now.omega * time for k in (1.0, 0.5, 2.0)]
        parts = {
            "gravity": -turn[:, 2],
            "angular_velocity": qvel[3:6],
            "linear_velocity": turn @ qvel[:3] if known else np.zeros(3),
            "linear_velocity_known": [float(known)],
            "joint_offset": qpos[7:] - home,
            "joint_velocity": qvel[6:],
            "last_action": (ctrl - home) / scale,
            "command": now.command(time),
            "command_ahead": schedule.at(time + AHEAD_S).command(time + AHEAD_S),
            "heading_error": [np.clip((error + np.pi) % (2 * np.pi) - np.pi, -1, 1)],
            "path_error": np.clip(np.nan_to_num([off.real, off.imag]), -reach, reach),
            "step_frequency": [now.frequency],
            "gait_sin": runs * np.sin(2 * np.pi * phase),
            "gait_cos": runs * np.cos(2 * np.pi * phase),
            "modulation": [wave(angle) for angle in angles for wave in (np.sin, np.cos)],
        }
        return np.concatenate([parts[name] for name in robot["observation"]])

    return observe
