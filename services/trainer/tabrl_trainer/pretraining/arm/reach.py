"""Poses of the tool that an arm can take: what commands are drawn from.

A command that no arm can follow teaches nothing. Poses are drawn all over the command channels'
ranges and solved for by damped least squares, once for all commands of a training; only those are
kept that the arm reaches without touching anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.embodiments.arm import elbow
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import PLACE, POINTING, has_elbow

DRAWN, SEED = 12_000, 17  # poses on each side of the elbow
STEPS, DAMPING, STEP_RAD = 60, 0.03, 0.3
PLACE_M, TURN_RAD = 0.002, 0.02  # how near a solution is
TABLE_M, SELF_M, LIMIT_RAD = 0.008, 0.03, 0.3  # how far it keeps from table, itself and limits
NARROW_M, ON_WAY = 0.05, 9  # less room than this on the way from home is narrow; poses looked at
DOWN_SHARE, FORWARD_SHARE = 0.5, 0.3  # of tools that point straight down, or only up and down


@dataclass(frozen=True)
class Reach:
    """Poses within reach, those near home first.

    `command [N, 6]` of the channels of place and pointing, `elbow_down [N]`, joint angles
    `qpos [N, nq]`, how far each is from home, as a share of the channels' ranges, `[N]`, and how
    much room the arm has on the straight way of its joints from home, m `[N]`; `tried` says how
    many poses there were to choose from, and what became of them.
    """

    command: Floats
    elbow_down: Floats
    qpos: Floats
    extent: Floats
    room: Floats
    tried: str = field(kw_only=True)

    @classmethod
    def of(cls, robot: ArmRobot, seed: int = SEED) -> Self:
        """Of one arm; the same seed gives the same poses."""
        rng = np.random.default_rng(seed)
        wanted = _drawn(robot, rng)
        starts = [robot.home_qpos]
        if has_elbow(robot.robot):
            starts.append(_elbow_down(robot))
        found = [_tried(robot, wanted, start) for start in starts]
        qpos = np.concatenate([tried.qpos[tried.kept] for tried in found])
        command = np.concatenate([wanted[tried.kept] for tried in found])
        down = np.concatenate([np.full(len(t.kept), float(side)) for side, t in enumerate(found)])
        extent = np.abs(command / _largest(robot)).max(-1)
        order = np.argsort(extent)
        starts_of = np.stack(starts)[down.astype(np.intp)]
        parts = (command, down, qpos, extent, _room(robot, starts_of, qpos))
        return cls(*(np.asarray(part[order], np.float32) for part in parts), tried=str(found[0]))

    def __len__(self) -> int:
        return len(self.command)

    def pointing_down(self) -> Reach:
        """Those whose tool points straight down, as at home, the elbow up."""
        return self.pick((self.command[:, len(PLACE) :] == 0.0).all(-1) & (self.elbow_down == 0.0))

    def up(self) -> Reach:
        """Those with the elbow up."""
        return self.pick(self.elbow_down == 0.0)

    def down(self) -> Reach:
        """Those with the elbow down."""
        return self.pick(self.elbow_down > 0.0)

    def within(self, share: float) -> int:
        """How many of the first poses are within a share of the ranges."""
        return max(int(np.searchsorted(self.extent, share, side="right")), 1)

    def turned_aside(self, share: float) -> NDArray[np.intp]:
        """Which of those within a share of the ranges point to a side."""
        return np.flatnonzero(self.command[: self.within(share), len(PLACE)] != 0.0)

    def narrow(self, share: float) -> NDArray[np.intp]:
        """Which of those within a share of the ranges leave an arm little room on its way."""
        return np.flatnonzero(self.room[: self.within(share)] < NARROW_M)

    def pick(self, chosen: NDArray[np.bool_] | slice) -> Reach:
        """Some of them."""
        parts = (self.command, self.elbow_down, self.qpos, self.extent, self.room)
        return Reach(*(part[chosen] for part in parts), tried=self.tried)


def _largest(robot: ArmRobot) -> Floats:
    space = robot.commands
    most = [
        max(-space[name].lower, space[name].upper) if name in space else 1.0
        for name in (*PLACE, *POINTING)
    ]
    return np.array(most, np.float32)


def _drawn(robot: ArmRobot, rng: np.random.Generator) -> Floats:
    """Commands all over the ranges, `[DRAWN, 6]`."""
    space = robot.commands
    names = (*PLACE, *POINTING)
    ends = [(space[n].lower, space[n].upper) if n in space else (0.0, 0.0) for n in names]
    lower, upper = np.array(ends).T
    command = rng.uniform(lower, upper, (DRAWN, len(names)))
    kind = rng.random(DRAWN)
    command[kind < DOWN_SHARE + FORWARD_SHARE, 3] = 0.0
    command[kind < DOWN_SHARE + FORWARD_SHARE, 5] = 0.0
    command[kind < DOWN_SHARE, 4] = 0.0
    return command.astype(np.float32)


def _elbow_down(robot: ArmRobot) -> Floats:
    """Home with the elbow on the other side, the tool where it was."""
    turns = elbow.to_other_side(robot.chain, robot.chain.frames(robot.home_qpos))
    bent: Floats = robot.home_qpos + turns
    return bent


@dataclass(frozen=True, eq=False)
class _Tried:
    """Joint angles `[N, nq]` that were found for poses, and which of them are of use `[N]`."""

    qpos: Floats
    near: NDArray[np.bool_]  # the tool is where it is to be
    clear: NDArray[np.bool_]  # neither the table nor the arm is touched
    inside: NDArray[np.bool_]  # of the joints' limits
    sided: NDArray[np.bool_]  # the elbow is on its side

    @property
    def kept(self) -> NDArray[np.intp]:
        """The poses that are within reach."""
        return np.flatnonzero(self.near & self.clear & self.inside & self.sided)

    def __str__(self) -> str:
        return (
            f"{len(self.kept)} of {len(self.near)}; the tool comes to {self.near.mean():.0%} of "
            f"them, {self.clear.mean():.0%} touch nothing, {self.inside.mean():.0%} keep all "
            f"joints {LIMIT_RAD:g} rad from their limits"
        )


def _tried(robot: ArmRobot, command: Floats, start: Floats) -> _Tried:
    """Joint angles for poses, beginning at a start."""
    chain, columns = robot.chain, np.array(robot.chain.columns)
    full = np.zeros((len(command), len(robot.commands)), np.float32)
    names = (*PLACE, *POINTING)
    for place, name in enumerate(names):
        if name in robot.commands:
            full[:, robot.commands.column(name)] = command[:, place]
    wanted = robot.wanted(full)
    goal = np.stack([wanted.side, np.cross(wanted.axis, wanted.side), wanted.axis], axis=-1)
    qpos = np.tile(start, (len(command), 1))
    for _ in range(STEPS):
        frames = chain.frames(qpos)
        error = _error(*chain.point(frames), wanted.place, goal)
        jacobian = chain.jacobian(frames)
        square = jacobian @ jacobian.swapaxes(1, 2) + DAMPING**2 * np.eye(6)
        step = jacobian.swapaxes(1, 2) @ np.linalg.solve(square, error[..., None])
        qpos[:, columns] += np.clip(step[..., 0], -STEP_RAD, STEP_RAD)
    frames = chain.frames(qpos)
    error = _error(*chain.point(frames), wanted.place, goal)
    near = np.linalg.norm(error[:, :3], axis=-1) < PLACE_M
    near &= np.linalg.norm(error[:, 3:], axis=-1) < TURN_RAD
    ends, limits = robot.shapes.ends(frames), np.array(robot.robot.joint_range)
    clear: NDArray[np.bool_] = robot.shapes.table_gap(ends) > TABLE_M
    clear &= robot.shapes.self_gap(ends) > SELF_M
    off_limits = np.minimum(qpos - limits[:, 0], limits[:, 1] - qpos)
    inside: NDArray[np.bool_] = (off_limits > LIMIT_RAD).all(-1)
    sided = np.ones(len(qpos), np.bool_)
    if has_elbow(robot.robot):
        sided = _side(frames) == _side(chain.frames(start))
    return _Tried(qpos, near, clear, inside, sided)


def _room(robot: ArmRobot, start: Floats, qpos: Floats) -> Floats:
    """The least gap on the straight way of the joints from a start, to the table or itself, m."""
    least = np.full(len(qpos), np.inf)
    for share in np.linspace(0.0, 1.0, ON_WAY):
        ends = robot.shapes.ends(robot.chain.frames(start + share * (qpos - start)))
        gap = np.minimum(robot.shapes.table_gap(ends, limbs_only=True), robot.shapes.self_gap(ends))
        least = np.minimum(least, gap)
    return least


def _error(place: Floats, axes: Floats, wanted: Floats, goal: Floats) -> Floats:
    """How a tool must move and turn, `[N, 6]`."""
    turn = 0.5 * np.cross(axes, goal, axis=-2).sum(-1)
    return np.concatenate([wanted - place, turn], axis=-1)


def _side(frames: Floats) -> NDArray[np.bool_]:
    """Whether the elbow is above the line from the shoulder to the wrist."""
    above: NDArray[np.bool_] = elbow.height(*elbow.joints_of(frames)) > 0.0
    return above
