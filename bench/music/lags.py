"""How late robots are in each move where the beat is known: simulated, without a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import tau

import mujoco
import numpy as np
from jaxtyping import Float

from tabrl.contracts.driving import Lag, Move
from tabrl.control import rotation
from tabrl.control.live.commands import LiveCommands
from tabrl.control.physics import physics_model
from tabrl.control.policy import Policy
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.live import live_control_of
from tabrl.embodiments.load import load_policy
from tabrl.embodiments.lookup import driving_of
from tabrl.robots import Robot
from tabrl_trainer.pretrained import load_pretrained

# Cycles a second, all over what a robot dances at.
FREQUENCIES = (0.5, 0.75, 0.95, 1.1, 1.3)
SETTLES_S, CYCLES = 4.0, 8

Values = Float[np.ndarray, " T"]
States = Float[np.ndarray, "T nq"]
Poses = tuple[Float[np.ndarray, "T 3"], Float[np.ndarray, "T 3 3"]]


def lags_of_moves(robot: Robot) -> dict[str, tuple[Lag, ...]]:
    """By the names of the robot's moves."""
    policy = load_policy(load_pretrained(robot.id).policy)
    return {
        move.name: tuple(Lag(hz=hz, s=round(lag(policy, move, hz), 3)) for hz in FREQUENCIES)
        for move in driving_of(robot).moves
    }


def lag(policy: Policy, move: Move, hz: float) -> float:
    """By how much what swings most in a move is behind what is asked, s, at cycles a second."""
    embodiment = policy.embodiment
    states = moved(policy, move, hz)
    wave = max(move.waves, key=lambda one: one.amplitude)
    values = _MEASURED[embodiment.robot.embodiment][wave.channel](states, policy)
    skipped, count = round(SETTLES_S / CONTROL_DT), round(CYCLES / hz / CONTROL_DT)
    values = values[skipped : skipped + count]
    time = (skipped + np.arange(len(values))) * CONTROL_DT
    turned = tau * wave.harmonic * hz * time + wave.phase
    basis = np.stack([np.ones(len(values)), np.sin(turned), np.cos(turned)], axis=1)
    _, sine, cosine = np.linalg.lstsq(basis, values, rcond=None)[0]
    return float(-np.arctan2(cosine, sine) / (tau * wave.harmonic * hz))


def moved(policy: Policy, move: Move, hz: float) -> States:
    """What a policy does that is asked for a move on a beat that it knows."""
    embodiment, robot = policy.embodiment, policy.embodiment.robot
    control, model = live_control_of(robot), physics_model(robot)
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    waves = np.full((1, len(embodiment.commands), 4), np.nan)
    for wave in move.waves:
        span = control.spans[wave.channel]
        constant = wave.constant * (span.upper if wave.constant > 0.0 else -span.lower)
        waves[0, embodiment.commands.column(wave.channel)] = (
            constant, wave.amplitude * span.amplitude, wave.phase, wave.harmonic,
        )  # fmt: skip
    carry, states = np.full((1, control.carried), np.nan), []
    for tick in range(round((SETTLES_S + CYCLES / hz) / CONTROL_DT) + 1):
        qpos, qvel, ctrl = (np.array(one)[None] for one in (data.qpos, data.qvel, data.ctrl))
        phase = np.array([hz * tick * CONTROL_DT])
        live = LiveCommands(np.array([hz]), phase, waves, carry)
        seen, carry = control.observe(
            np.array([data.time]), qpos, qvel, ctrl, policy.commands, live
        )
        action = policy.weights.act(seen)
        data.ctrl[:] = embodiment.joints.aimed(action, qpos, qvel, last=ctrl)[0]
        mujoco.mj_step(model, data, round(CONTROL_DT / model.opt.timestep))
        states.append(qpos[0])
    return np.array(states)


def _turned(states: States) -> Values:
    rate: Values = np.gradient(np.unwrap(rotation.yaw(states[:, 3:7])), CONTROL_DT)
    return rate


def _roll(states: States) -> Values:
    w, x, y, z = states[:, 3:7].T
    angle: Values = np.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    return angle


def _pitch(states: States) -> Values:
    w, x, y, z = states[:, 3:7].T
    angle: Values = np.arcsin(np.clip(2.0 * (w * y - z * x), -1.0, 1.0))
    return angle


def _tool(states: States, policy: Policy) -> Poses:
    """Places and axes (columns) of the tool."""
    model = physics_model(policy.embodiment.robot)
    data, site = mujoco.MjData(model), policy.embodiment.robot.end_effectors[0]
    places, axes = [], []
    for row in states:
        data.qpos[:] = row
        mujoco.mj_kinematics(model, data)
        places.append(data.site(site).xpos.copy())
        axes.append(data.site(site).xmat.reshape(3, 3).copy())
    return np.array(places), np.array(axes)


def _place(axis: int) -> Callable[[States, Policy], Values]:
    return lambda states, policy: _tool(states, policy)[0][:, axis]


def _azimuth(states: States, policy: Policy) -> Values:
    axes = _tool(states, policy)[1]
    return np.unwrap(np.arctan2(axes[:, 1, 2], axes[:, 0, 2]))


def _elevation(states: States, policy: Policy) -> Values:
    axes = _tool(states, policy)[1]
    return np.arctan2(axes[:, 0, 2], -axes[:, 2, 2])


def _twist(states: States, policy: Policy) -> Values:
    """About an axis that points straight down: the turn of the side, seen from above, mirrored."""
    axes = _tool(states, policy)[1]
    turned = np.unwrap(np.arctan2(axes[:, 1, 0], axes[:, 0, 0]))
    return -turned if axes[0, 2, 2] < 0.0 else turned


_MEASURED: Mapping[str, Mapping[str, Callable[[States, Policy], Values]]] = {
    "legged": {
        "roll": lambda states, _: _roll(states),
        "pitch": lambda states, _: _pitch(states),
        "height": lambda states, _: states[:, 2],
        "yaw": lambda states, _: _turned(states),
    },
    "arm": {
        "x": _place(0), "y": _place(1), "z": _place(2),
        "azimuth": _azimuth, "elevation": _elevation, "roll": _twist,
    },
}  # fmt: skip
