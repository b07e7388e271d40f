"""How far pretrained policies come on grounds that they were never trained on.

`python -m bench.grounds [robot …]`: every robot that has a pretrained policy is asked to walk at
0.5 m/s over each ground, 16 times from other starts, and a row is printed for each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco.batch import Batch

from tabrl.contracts.ground import Ground, GroundShape
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import TabrlError
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.embodiments.lookup import grounds_of
from tabrl.robots import Robot, get_robot, list_robots
from tabrl.sim.episodes import draw
from tabrl_trainer.pretrained import load_pretrained

ROBOTS, SECONDS, SETTLE_S, SPEED = 16, 10.0, 2.0, 0.5
FRICTIONS = (0.3, 0.15, 0.05)
ANGLES = (5.0, 10.0, 15.0, 20.0, -10.0, -15.0)  # degrees
BUMPS = (0.035, 0.055, 0.08)  # m of a robot 0.28 m high, as steps
STEPS = (0.02, 0.035, 0.05, 0.07, -0.035, -0.05, -0.07)
REFERENCE_M = 0.28


@dataclass(frozen=True)
class Walk:
    """What walks over a ground came to."""

    falls: float  # share
    speed: float  # m/s over the floor ahead, of those that did not fall, from `SETTLE_S` on
    way: float  # m ahead in all, median


def grounds(robot: Robot) -> Iterator[Ground]:
    """Flat, then from easy to hard."""
    size = robot.characteristic_length / REFERENCE_M
    yield Ground()
    yield from (Ground(friction=friction) for friction in FRICTIONS)
    yield from (Ground(shape=GroundShape.SLOPE, angle_deg=angle) for angle in ANGLES)
    for shape, heights in ((GroundShape.ROUGH, BUMPS), (GroundShape.STEPS, STEPS)):
        yield from (Ground(shape=shape, height_m=round(size * height, 3)) for height in heights)


def walk(
    robot: Robot, weights: PolicyWeights, count: int = ROBOTS, seconds: float = SECONDS
) -> Walk:
    """Walks of a policy on the ground that the robot stands on; its first 2 s are not measured."""
    embodiment, model = embodiment_of(robot), physics_model(robot)
    neutral = CommandSchedule.neutral(embodiment.commands)
    commands = StagedCommands.stack([neutral.with_wave("vx", Wave(SPEED))] * count)
    batch, rng = Batch(model, count, 1), np.random.default_rng(0)
    batch.reset(np.arange(count), keyframe=0, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
    offsets = embodiment.reset_offset(draw(embodiment.reset_noise, count, rng))
    batch.qpos[:] += 0.5 * offsets[0]
    batch.qvel[:] += 0.5 * offsets[1]
    batch.ctrl[:] = embodiment.joints.home
    time, fallen = np.zeros(count, np.float32), np.zeros(count, np.bool_)
    origin, begun, settled = embodiment.origin(batch.qpos, time, commands), batch.qpos.copy(), None
    for step in range(round(seconds / CONTROL_DT)):
        if step == round(SETTLE_S / CONTROL_DT):
            settled = batch.qpos[:, 0].copy()
        qpos, qvel = batch.qpos.astype(np.float32), batch.qvel.astype(np.float32)
        ctrl = batch.ctrl.astype(np.float32)
        seen = embodiment.observe(time, qpos, qvel, ctrl, commands, origin)
        batch.ctrl[:] = embodiment.joints.aimed(weights.act(seen), qpos, qvel, last=ctrl)
        batch.step(nstep=SUBSTEPS)
        time += np.float32(CONTROL_DT)
        fallen |= embodiment.failed(batch.qpos.astype(np.float32))
    assert settled is not None
    ahead = (batch.qpos[:, 0] - settled) / (seconds - SETTLE_S)
    return Walk(
        float(fallen.mean()),
        float(ahead[~fallen].mean()) if not fallen.all() else float("nan"),
        float(np.median(batch.qpos[:, 0] - begun[:, 0])),
    )


def main() -> None:
    """Print a table of every robot."""
    chosen = [get_robot(name) for name in sys.argv[1:]] or list_robots()
    for robot in filter(grounds_of, chosen):
        try:
            weights = load_policy(load_pretrained(robot.id).policy).weights
        except TabrlError as error:
            print(f"{robot.name}: {error.message}", file=sys.stderr)
            continue
        print(f"| {robot.name}: ground | speed, m/s | way in 10 s, m | fell |")
        print("| --- | --- | --- | --- |")
        for ground in grounds(robot):
            found = walk(robot.on(ground), weights)
            cells = (f"{found.speed:.2f}", f"{found.way:.1f}", f"{found.falls:.0%}")
            print(f"| {ground.in_words()} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
