"""What an arm's policy is told and sees, as named segments.

The order of the segments is that of the policies' input. The last action is not seen but what it
did: how far the joints' targets are ahead of the joints.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import LOOK_AHEAD_S
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import Commands
from tabrl.embodiments.arm import elbow
from tabrl.embodiments.arm.chain import Chain
from tabrl.embodiments.arm.names import BLEND, ELBOW, joint_channel
from tabrl.embodiments.arm.pose import ToolPose, WantedPose, pointing_error, roll_error
from tabrl.robots import Robot

WAVES = (1.0, 0.5, 2.0)  # multiples of the modulation frequency whose sine and cosine are seen
FAR_M, NEAR_M = 0.5, 0.03  # errors are seen up to the one, and once more closely up to the other
STEP_M, STEP_RAD, NEAR_RAD = 0.1, 0.5, 0.05  # a way of the joints leads so far at most
# What only a critic sees: errors without noise.
HIDDEN = Segments((("tool_error", 3), ("pointing_error", 3)))


def feature_segments(robot: Robot, space: CommandSpace) -> Segments:
    """What depends on schedule and time alone. The first two are recorded in rollouts."""
    channels = len(space)
    return Segments(
        (
            ("command", channels),
            ("settings", len(space.settings)),
            ("command_ahead", channels),
            ("modulation", 2 * len(WAVES)),
            ("place", 3),  # of the tool in the world, m
            ("axis", 3),
            ("side", 3),
            ("place_ahead", 3),  # the same a little later
            ("axis_ahead", 3),
            ("side_ahead", 3),
        )
    )


def observation_segments(robot: Robot, space: CommandSpace) -> Segments:
    """What the policy sees, in the order of its input."""
    channels = len(space)
    return Segments(
        (
            ("joint_offset", robot.nu),
            ("joint_velocity", robot.nu),
            ("target_lead", robot.nu),  # rad
            ("joint_error", robot.nu),  # from where the joints' channels want them
            ("joint_way", robot.nu),  # rad, about to where what is asked soon is reached
            ("joint_way_near", robot.nu),  # the same in units of `NEAR_RAD`, at most 1
            ("tool_axis", 3),
            ("tool_error", 3),  # m in the world
            ("tool_error_near", 3),  # the same in units of `NEAR_M`, at most 1
            ("pointing_error", 3),
            ("roll_error", 1),
            ("command", channels),
            ("settings", len(space.settings)),
            ("command_ahead", channels),
            ("modulation", 2 * len(WAVES)),
        )
    )


def command_features(
    segments: Segments,
    wanted: WantedPose,
    time: Float[Array, "*B"],
    commands: Commands,
    xp: Xp = np,
) -> Float[Array, "*B F"]:
    """Commands now and soon, settings, clocks, and where the tool is to be."""
    now, soon = commands.at(time, xp), commands.at(time + LOOK_AHEAD_S, xp)
    command = now.command(time, xp)
    lead = command.shape[:-1]  # one schedule may ask many robots
    command_ahead = soon.command(time + LOOK_AHEAD_S, xp)
    ahead = wanted(command_ahead, xp)._asdict()
    angle = xp.broadcast_to(now.modulation_phase(time, xp), lead)
    numbers = [_number(now.settings[setting.name], setting.name) for setting in now.space.settings]
    parts = {
        "command": command,
        "settings": xp.stack([xp.broadcast_to(one, lead) for one in numbers], axis=-1),
        "command_ahead": command_ahead,
        "modulation": xp.stack(
            [wave(k * angle) for k in WAVES for wave in (xp.sin, xp.cos)], axis=-1
        ),
        **wanted(command, xp)._asdict(),
        **{f"{name}_ahead": part for name, part in ahead.items()},
    }
    return segments.join(parts, xp)


def joint_channels(robot: Robot) -> list[str]:
    """The joints' channels, in the joints' order."""
    return [joint_channel(name) for name in robot.joint_names]


def privileged(
    segments: Segments, clean: Float[Array, "*B no"], xp: Xp = np
) -> Float[Array, "*B 6"]:
    """The segments of `HIDDEN`."""
    return HIDDEN.join({name: clean[..., segments[name]] for name in HIDDEN.names}, xp)


class Observer:
    """Completes the observation when the command features are known already."""

    def __init__(
        self, robot: Robot, space: CommandSpace, features: Segments, chain: Chain, home: Floats
    ) -> None:
        self._chain, self._home = chain, home
        self._features = features
        self._told = features.span("command", "modulation")
        settings = [setting.name for setting in space.settings]
        told = features.column("settings") if settings else 0
        self._elbow = told + settings.index(ELBOW) if ELBOW in settings else None
        self._blend = space.column(BLEND) if BLEND in space else len(space)  # or an empty slice
        self._asked = np.zeros((len(space), robot.nu), np.float32)
        for place, name in enumerate(joint_channels(robot)):
            if name in space:
                self._asked[space.column(name), place] = 1.0

    def __call__(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        """The segments of `observation_segments`, float32."""
        frames = self._chain.frames(qpos, xp)
        place, axes = self._chain.point(frames)
        axis, side = axes[..., :, 2], axes[..., :, 0]
        wanted = ToolPose(*(features[..., self._features[name]] for name in ToolPose._fields))
        error = wanted.place - place
        offset = qpos - self._home
        command = features[..., self._features["command"]]
        bent = command @ self._asked - offset
        by_joints = command[..., self._blend : self._blend + 1].clip(0.0, 1.0).sum(-1)[..., None]
        way = by_joints * bent + (1.0 - by_joints) * self._way(frames, features, xp)
        return xp.concatenate(
            [
                offset,
                qvel,
                ctrl - qpos,
                bent,
                way,
                xp.clip(way / NEAR_RAD, -1.0, 1.0),
                axis,
                xp.clip(error, -FAR_M, FAR_M),
                xp.clip(error / NEAR_M, -1.0, 1.0),
                pointing_error(axis, wanted, xp),
                roll_error(axis, side, wanted, xp)[..., None],
                features[..., self._told],
            ],
            axis=-1,
        ).astype(xp.float32)

    def _way(self, frames: Array, features: Array, xp: Xp) -> Array:
        """Turns of the joints to the pose wanted soon; an elbow changes sides first."""
        soon = ToolPose(
            *(features[..., self._features[f"{name}_ahead"]] for name in ToolPose._fields)
        )
        place, axes = self._chain.point(frames)
        axis = axes[..., :, 2]
        turn = pointing_error(axis, soon, xp)
        roll = roll_error(axis, axes[..., :, 0], soon, xp)[..., None]
        way = self._chain.way(frames, _off(soon.place - place, turn + axis * roll, xp), xp)
        if self._elbow is None:
            return way
        bend = elbow.to_other_side(self._chain, frames, xp)
        bend = bend * xp.minimum(1.0, STEP_RAD / (xp.abs(bend).max(-1, keepdims=True) + 1e-6))
        asked = features[..., self._elbow]  # 1 up, -1 down
        wrong = asked * elbow.height(*elbow.joints_of(frames)) < 0.0
        return xp.where(wrong[..., None], bend, way)


def _off(place: Array, turn: Array, xp: Xp) -> Array:
    """How far a tool is off, m and rad, cut to a step."""
    parts = []
    for part, most in ((place, STEP_M), (turn, STEP_RAD)):
        size = xp.sqrt((part * part).sum(-1, keepdims=True) + 1e-12)
        parts.append(part * xp.minimum(1.0, most / size))
    return xp.concatenate(parts, axis=-1)


def _number(values: Array, name: str) -> Array:
    """A setting as the policy sees it: an elbow that is up 1, down -1; speeds in m/s."""
    return 1.0 - 2.0 * values if name == ELBOW else values
