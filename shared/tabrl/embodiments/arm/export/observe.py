"""What an arm's policy sees, with numpy alone; copied beside an exported policy.

observer(program, robot) gives observe(time, qpos, qvel, ctrl); `program` is the policy's command
schedule and `robot` what robot.json says.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AHEAD_S, EARLY_S = 0.1, 0.01  # commands to come are seen; stages begin half a step early


class Path:
    """Waypoints: a time and a place each; between them the jerk is least."""

    def __init__(self, rows: list[list[float]], repeats: bool, width: int) -> None:
        self.rows = [np.array(row) for row in rows]
        if not rows or rows[0][0] > 0:
            self.rows.insert(0, np.zeros(1 + width))
        self.first = len(self.rows) - len(rows) if repeats else 0  # of the round
        self.period = self.rows[-1][0] - self.rows[self.first][0] if repeats else 0.0

    def at(self, time: float) -> Array:
        """Where it leads at a time since it began."""
        rows, begin = self.rows, self.rows[self.first][0]
        time = max(time, 0.0)
        if self.period and time >= begin:
            time = begin + (time - begin) % self.period
        here = max(sum(row[0] <= time for row in rows) - 1, 0)
        if here == len(rows) - 1:
            return np.array(rows[here][1:])
        lasts = rows[here + 1][0] - rows[here][0]
        p0, p1 = rows[here][1:], rows[here + 1][1:]
        goes_round = bool(self.period) and here >= self.first
        v0, a0 = self.moving(here, goes_round)
        v1, a1 = self.moving(here + 1, bool(self.period))
        v0, v1, a0, a1 = v0 * lasts, v1 * lasts, a0 * lasts**2, a1 * lasts**2
        way, speed, change = p1 - p0 - v0 - a0 / 2, v1 - v0 - a0, a1 - a0
        s = min((time - rows[here][0]) / lasts, 1.0)
        powers = (
            (1, v0), (2, a0 / 2), (3, 10 * way - 4 * speed + change / 2),
            (4, -15 * way + 7 * speed - change), (5, 6 * way - 3 * speed + change / 2),
        )  # fmt: skip
        place: Array = p0 + sum(part * s**power for power, part in powers)
        return place

    def moving(self, at: int, goes_round: bool) -> tuple[Array, Array]:
        """Speed and acceleration at a waypoint, by the parabola through its neighbours."""
        rows, last = self.rows, len(self.rows) - 1
        here = rows[at]
        before, after = rows[max(at - 1, 0)], rows[min(at + 1, last)]
        later = np.zeros_like(here)
        later[0] = self.period
        if goes_round and at == self.first:
            before = rows[last - 1] - later
        if goes_round and at == last:
            after = rows[self.first + 1] + later
        came, goes = here - before, after - here
        if not (came[1:].any() and goes[1:].any()):
            return np.zeros(len(here) - 1), np.zeros(len(here) - 1)
        first, second = came[1:] / came[0], goes[1:] / goes[0]
        whole = came[0] + goes[0]
        return (first * goes[0] + second * came[0]) / whole, 2 * (second - first) / whole


class Stage:
    """One of the things that the program asks for, one after the other."""

    def __init__(self, asked: dict[str, Any], robot: dict[str, Any]) -> None:
        rows = (np.array(asked[key]) for key in ("constant", "amplitude", "phase"))
        self.constant, self.amplitude, self.phase = rows
        self.harmonic = np.array(asked.get("harmonic") or np.ones(len(self.constant)))
        self.omega = 2 * np.pi * asked["beat_frequency"]
        self.width = robot["on_path"]
        self.path = Path(asked.get("path", []), asked.get("path_repeats", False), self.width)
        self.settings = [
            1.0 - 2.0 * choices.index(asked.get(name, choices[0]))
            if isinstance(choices[0], str)
            else asked.get(name, 0.0)
            for name, choices in robot["settings"].items()
        ]

    def command(self, time: float, since: float) -> Array:
        """What is asked of every channel; `since` is the time since the stage began."""
        wave = np.sin(self.omega * self.harmonic * time + self.phase)
        now: Array = self.constant + self.amplitude * wave
        if self.width:
            now[: self.width] += self.path.at(since)
        return now


class Schedule:
    """The stages, which begin again after the last one unless they are not to repeat."""

    def __init__(self, program: dict[str, Any], robot: dict[str, Any]) -> None:
        self.stages = [Stage(asked, robot) for asked in (program, *program.get("later", []))]
        self.lasts = list(program.get("phases_s") or [1e9])
        if not program.get("repeat", True):
            self.lasts[-1] = 1e9  # nothing follows the last stage

    def at(self, time: float) -> tuple[Stage, float]:
        """The stage at a time, and the time since it began."""
        since = time - sum(self.lasts) * ((time + EARLY_S) // sum(self.lasts))
        stage = int(np.sum(since + EARLY_S >= np.cumsum(self.lasts)[:-1]))
        return self.stages[stage], since - sum(self.lasts[:stage])

    def command(self, time: float) -> Array:
        """What is asked of every channel at a time."""
        stage, since = self.at(time)
        return stage.command(time, since)


def pointed(vector: Array, azimuth: float, elevation: float) -> Array:
    """A vector tipped from straight down to ahead, then turned to the left."""
    cos, sin = np.cos(elevation), np.sin(elevation)
    ahead, left, up = (
        cos * vector[0] - sin * vector[2],
        vector[1],
        sin * vector[0] + cos * vector[2],
    )
    cos, sin = np.cos(azimuth), np.sin(azimuth)
    return np.array([cos * ahead - sin * left, sin * ahead + cos * left, up])


def frames(robot: dict[str, Any], qpos: Array) -> tuple[list[Array], Array]:
    """The transforms [4, 4] of the joints' bodies, and that of the tool's tip."""
    chain = {name: np.array(part) for name, part in robot["chain"].items()}
    placed, found = np.eye(4), []
    for joint, column in enumerate(robot["chain_columns"]):
        turned = np.sin(qpos[column]) * chain["sine"][joint]
        turned = turned + np.cos(qpos[column]) * chain["cosine"][joint]
        placed = placed @ (chain["fixed"][joint] + turned)
        found.append(placed)
    return found, placed @ chain["tip"]


def way(robot: dict[str, Any], bodies: list[Array], place: Array, off: list[Array]) -> Array:
    """Turns of the joints that take the tip about as far as it is off: damped least squares."""
    known = robot["way"]
    rows = []
    for body, axis in zip(bodies, np.array(robot["chain"]["axes"]), strict=True):
        about = body[:3, :3] @ axis
        rows.append(np.concatenate([np.cross(about, place - body[:3, 3]), about]))
    weight = np.array([1.0] * 3 + [known["turn_m"]] * 3)
    jacobian = np.stack(rows, axis=1) * weight[:, None]
    steps = zip(off, (known["step_m"], known["step_rad"]), strict=True)
    cut = [part * min(1.0, most / np.sqrt(part @ part + 1e-12)) for part, most in steps]
    square = jacobian @ jacobian.T + known["damping_m"] ** 2 * np.eye(6)
    joints: Array = jacobian.T @ np.linalg.solve(square, np.concatenate(cut) * weight)
    return joints[np.argsort(robot["chain_columns"])]


def bend_through(robot: dict[str, Any], bodies: list[Array]) -> tuple[float, Array]:
    """How high the elbow is, and turns of the joints that put it on the arm's other side."""
    shoulder, elbow, wrist = (bodies[joint][:3, 3] for joint in robot["elbow"]["joints"])
    axes = [
        body[:3, :3] @ axis
        for body, axis in zip(bodies, np.array(robot["chain"]["axes"]), strict=True)
    ]
    about = axes[robot["elbow"]["joints"][1]]

    def angle(first: Array, second: Array) -> float:
        flat = first - about * (about @ first)
        return float(np.arctan2(np.cross(first, second) @ about, flat @ second))

    bent, aside = angle(elbow - shoulder, wrist - elbow), angle(elbow - shoulder, wrist - shoulder)
    share = aside / bent if abs(bent) >= 1e-3 else 0.5
    beyond = (-1.0 if bent < 0.0 else 1.0) * max(abs(bent), robot["elbow"]["bent_rad"])
    upper, lower = aside + share * beyond, -bent - beyond
    turns = (upper, lower, -upper - lower)
    way = np.zeros(len(bodies))
    for joint, turn in zip(robot["elbow"]["joints"], turns, strict=True):
        way[joint] = turn * np.sign(axes[joint] @ about)
    way *= min(1.0, robot["way"]["step_rad"] / (np.abs(way).max() + 1e-6))
    line, upper_arm = wrist - shoulder, elbow - shoulder
    share = upper_arm @ line / (line @ line + 1e-9)
    return upper_arm[2] - share * line[2], way[np.argsort(robot["chain_columns"])]


def observer(
    program: dict[str, Any], robot: dict[str, Any]
) -> Callable[[float, Array, Array, Array], Array]:
    """The observation of a robot that follows a program."""
    schedule, home = Schedule(program, robot), np.array(robot["home"])
    place, axes = np.array(robot["home_place"]), np.array(robot["home_axes"])

    def turns_to(named: dict[str, float], axis: Array, side: Array) -> tuple[Array, float]:
        """How a tool must turn to point and to roll as it is asked to."""
        turn = (named.get("azimuth", 0.0), named.get("elevation", 0.0))
        roll = named.get("roll", 0.0)
        wanted = pointed(axes[:, 2], *turn)
        wanted_side = pointed(np.cos(roll) * axes[:, 0] + np.sin(roll) * axes[:, 1], *turn)
        off = np.cross(axis, wanted)
        if axis @ wanted < 0.0:
            off = off / np.sqrt(off @ off + 1e-12) * (1.0 - axis @ wanted)
        turned = np.arctan2(np.cross(side, wanted_side) @ axis, side @ wanted_side)
        return off, float(turned)

    def error_of(named: dict[str, float], tip: Array) -> Array:
        error: Array = place + [named.get(name, 0.0) for name in "xyz"] - tip[:3, 3]
        return error

    def there(time: float, bodies: list[Array], tip: Array) -> Array:
        """The way of the joints to what is asked soon; an elbow changes sides first."""
        named = dict(zip(robot["channels"], schedule.command(time + AHEAD_S), strict=True))
        off, turned = turns_to(named, tip[:3, 2], tip[:3, 0])
        if robot["elbow"]:
            height, bend = bend_through(robot, bodies)
            if height * schedule.at(time)[0].settings[robot["elbow"]["setting"]] < 0.0:
                return bend
        turn = off + tip[:3, 2] * turned
        return way(robot, bodies, tip[:3, 3], [error_of(named, tip), turn])

    def observe(time: float, qpos: Array, qvel: Array, ctrl: Array) -> Array:
        command = schedule.command(time)
        named = dict(zip(robot["channels"], command, strict=True))
        bodies, tip = frames(robot, qpos)
        error = error_of(named, tip)
        off, turned = turns_to(named, tip[:3, 2], tip[:3, 0])
        asked = np.array([0.0 if c is None else command[c] for c in robot["joint_channels"]])
        by_joints = np.clip(named.get("joints", 0.0), 0.0, 1.0)
        joint_way = by_joints * (asked - (qpos - home))
        joint_way = joint_way + (1.0 - by_joints) * there(time, bodies, tip)
        angles = [k * schedule.at(time)[0].omega * time for k in (1.0, 0.5, 2.0)]
        parts = {
            "joint_offset": qpos - home,
            "joint_velocity": qvel,
            "target_lead": ctrl - qpos,
            "joint_error": asked - (qpos - home),
            "joint_way": joint_way,
            "joint_way_near": np.clip(joint_way / robot["way"]["near_rad"], -1.0, 1.0),
            "tool_axis": tip[:3, 2],
            "tool_error": np.clip(error, -robot["far_m"], robot["far_m"]),
            "tool_error_near": np.clip(error / robot["near_m"], -1.0, 1.0),
            "pointing_error": off,
            "roll_error": [turned],
            "command": command,
            "settings": schedule.at(time)[0].settings,
            "command_ahead": schedule.command(time + AHEAD_S),
            "modulation": [wave(angle) for angle in angles for wave in (np.sin, np.cos)],
        }
        return np.concatenate([parts[name] for name in robot["observation"]])

    return observe
