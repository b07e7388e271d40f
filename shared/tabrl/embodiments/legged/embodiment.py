"""A legged robot as the engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property

import mujoco
import numpy as np
from jaxtyping import Bool, Float, Int

from tabrl.contracts.quantities import Catalogue
from tabrl.control import rotation
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment, Led, Noise
from tabrl.control.rollout import Fields, RawSteps, Rollout
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import Commands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged import fields, observation
from tabrl.embodiments.legged.catalogue import catalogue
from tabrl.embodiments.legged.channels import command_space
from tabrl.embodiments.legged.gait import GAITS, GRAVITY, Gait, GaitClock, offsets
from tabrl.embodiments.legged.grounds.surface import surface_of
from tabrl.embodiments.legged.heading import heading
from tabrl.embodiments.legged.limbs import is_left, is_rear, lift_channel
from tabrl.embodiments.legged.looks import LOOKS, action_rate, cost_of_transport, looks
from tabrl.embodiments.legged.measures import LeggedMeasures
from tabrl.embodiments.legged.mirror import mirror
from tabrl.embodiments.legged.path import path
from tabrl.embodiments.legged.randomisation import disturbances, randomisation
from tabrl.embodiments.legged.recipes import recipes, variants
from tabrl.embodiments.legged.reward_state import LeggedRewardState
from tabrl.embodiments.legged.scale import Scale
from tabrl.embodiments.legged.transport import transported
from tabrl.embodiments.legged.trunk import Trunk
from tabrl.embodiments.legged.velocity import heading_velocity
from tabrl.robots import Robot

SLOW_WALK, BRISK_WALK = 0.2, 0.8  # m/s of the reference robot
# Actions of a leg's joints that tip the robot over: one side folded, the other one stretched.
_FOLDED, _STRETCHED = (0.8, 2.0, 0.0), (0.8, -2.0, 2.0)


class LeggedRobot(Embodiment):
    """n legs on a floating trunk. Raises `Invalid` (code `bad_robot`) for a scene that has none."""

    measures = LeggedMeasures
    reward_state = LeggedRewardState
    looked_back = fields.LOOKED_BACK
    origin_size = 3
    failure = "fallen"
    looked_at = LOOKS

    def __init__(self, robot: Robot, model: mujoco.MjModel) -> None:
        super().__init__(robot, model)
        if not self.skeleton.root[0]:
            raise Invalid("a legged robot needs a free joint at its trunk", code="bad_robot")
        self.commands = command_space(robot)
        self.clock = GaitClock(robot)
        self.features = observation.feature_segments(robot, self.commands)
        self.recorded = self.features.span("gait_phase", "command")
        self.observation = observation.observation_segments(robot, self.commands)
        self.schema = fields.schema(robot, len(self.commands))
        self._observer = observation.Observer(self.features, self.joints, Scale.of(robot))
        trunk = int(model.jnt_bodyid[0])
        self.surface = surface_of(robot)
        self._trunk = Trunk(model, self.surface)
        self._weight = GRAVITY * float(model.body_mass.sum())
        recorded = Segments(self.features.widths[:2])
        self._fields = fields.RolloutFields(robot, model, self._trunk, recorded)
        self.reset_noise = (
            Noise("joints", robot.nu, "normal", 0.1),
            Noise("speeds", 6, "normal", 0.15),
            Noise("height", None, "uniform", 0.03),
        )
        self.push_noise = (Noise("angle", None, "uniform", 2.0 * np.pi),)
        self.hidden = observation.HIDDEN
        self.unsensed = observation.UNSENSED
        self.mirror = mirror(robot, model, self.commands, self.observation)
        root = model.body(trunk).name
        self.randomisation = randomisation(robot, root)
        self.disturbances = disturbances(robot, root)
        self.certified = {"vx": BRISK_WALK * Scale.of(robot).speed}

    def command_features(
        self, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B F"]:
        return observation.command_features(self.features, self.clock, time, commands, xp)

    def origin(
        self, qpos: Float[Array, "*B nq"], time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B 3"]:
        """Heading and place at the schedule's time zero."""
        return observation.origin(self.clock, qpos, time, commands, xp)

    def complete_observation(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        origin: Float[Array, "*B 3"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        return self._observer(features, qpos, qvel, ctrl, origin, xp)

    def privileged(
        self,
        clean: Float[Array, "*B no"],
        seen: Float[Array, "*B no"],
        qpos: Float[Array, "*B nq"],
        xp: Xp = np,
    ) -> Float[Array, "*B 7"]:
        place = self.surface.over(qpos[..., 0:3], xp)
        return observation.privileged(self.observation, clean, seen, place, xp)

    def heading(
        self, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B"]:
        """How far a schedule has turned the robot by `time`, rad, not wrapped."""
        return heading(self.clock, commands, time, xp)

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        return self._fields.instant(raw, xp)

    def qpos_of(self, rollout: Rollout) -> Float[np.ndarray, "T B nq"]:
        place = rollout.base_position.copy()
        place[..., 2] += self.surface.height(place)
        parts = (place, rollout.base_quaternion, rollout.joint_position)
        return np.concatenate(parts, axis=-1)

    def carry(self, size: int) -> dict[str, Floats]:
        return fields.empty_carry(self.robot, size)

    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        return self._fields.advance(carry, now, just_reset, xp)

    def completed(self, recorded: dict[str, Floats]) -> dict[str, Floats]:
        if "heading" in recorded:
            return recorded
        yaw = rotation.yaw(recorded["base_quaternion"])
        return recorded | {"heading": np.unwrap(yaw, axis=0).astype(np.float32)}

    def led(self, commands: Commands, time: Float[np.ndarray, " B"]) -> Led:
        return Led(self.heading(time, commands), path(self.clock, commands, time))

    def begun_at(self, rollout: Rollout, begins: Int[np.ndarray, "T B"], led: Led) -> Rollout:
        first, robots = begins < 0, np.arange(begins.shape[1])
        home = rollout.initial_position[..., :2]
        pivot = np.where(first[..., None], home, rollout.base_position[begins, robots, :2])
        turned = led.turned - np.where(first, 0.0, rollout.fields["heading"][begins, robots])
        return transported(rollout, turned, pivot, home + led.moved)

    def reset_offset(
        self, noise: Mapping[str, Array], xp: Xp = np
    ) -> tuple[Float[Array, "n nq"], Float[Array, "n nv"]]:
        """Joints a little away from home, the trunk a little higher and moving."""
        height, joints, speeds = noise["height"][:, None], noise["joints"], noise["speeds"]
        none = xp.zeros_like(height)
        qpos = xp.concatenate([none, none, height, *[none] * 4, joints], axis=-1)
        return qpos, xp.concatenate([speeds, xp.zeros_like(joints)], axis=-1)

    def push(
        self, noise: Mapping[str, Array], speed: float | Array, xp: Xp = np
    ) -> Float[Array, "n nv"]:
        """A kick of the trunk in a random direction over the floor."""
        angle = noise["angle"]
        kick = speed * xp.stack([xp.cos(angle), xp.sin(angle)], axis=-1)
        rest = xp.zeros((len(angle), self.nv - 2), kick.dtype)
        return xp.concatenate([kick, rest], axis=-1)

    def above_ground(self, points: Float[Array, "*B 3"]) -> Float[Array, "*B"]:
        return self.surface.distance(points)

    def failed(self, qpos: Float[Array, "*B nq"], xp: Xp = np) -> Bool[Array, "*B"]:
        """Whose trunk touches the ground, lies on its side or is upside down."""
        return self._trunk.fallen(qpos, xp)

    def speed_error(self, rollout: Rollout) -> Floats:
        """Over the floor along the heading; below a walk, of a walking speed."""
        asked = rollout.command[..., self.commands.columns(("vx", "vy"))].mean(0)
        moved = np.stack(heading_velocity(rollout), axis=-1).mean(0)
        slowest = SLOW_WALK * Scale.of(self.robot).speed
        speed = np.maximum(np.linalg.norm(asked, axis=-1), slowest)
        error: Floats = np.linalg.norm(moved - asked, axis=-1) / speed
        return error

    def looks(self, rollout: Rollout) -> Mapping[str, float]:
        """Feet over the trunk, uneven or touching legs, jerks, speed; what moving costs."""
        seen = looks(rollout, self.mirror, self.joints.motors)
        seen |= {"action_rate": action_rate(rollout)}
        cost = cost_of_transport(rollout, self._weight, SLOW_WALK * Scale.of(self.robot).speed)
        return seen if cost is None else seen | {"cost_of_transport": cost}

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue(self.robot)

    @cached_property
    def recipes(self) -> Mapping[str, CommandSchedule]:
        return recipes(self.robot, self.commands)

    @property
    def failing_action(self) -> Floats:
        action = np.zeros(self.robot.nu, np.float32)
        for limb in self.robot.limbs:
            wanted = _STRETCHED if is_left(limb) else _FOLDED
            signs = limb.signs or (1.0,) * len(limb.joints)
            for name, value, sign in zip(limb.joints, wanted, signs, strict=False):
                action[self.robot.joint_names.index(name)] = sign * value
        return action

    @property
    def exported(self) -> Mapping[str, object]:
        limbs = self.robot.limbs
        ahead = zip(GAITS, offsets(self.robot).tolist(), strict=True)
        return {
            "feet": [{"lift": lift_channel(limb), "front": not is_rear(limb)} for limb in limbs],
            "gait_offsets": {str(gait): cycles for gait, cycles in ahead},
            "path_reach": observation.PATH_REACH * Scale.of(self.robot).length,
            "long_swings": [str(Gait.TROT)],
            "gait": asdict(self.clock.amounts),
        }

    def setting_variants(self) -> list[CommandSchedule]:
        return list(variants(self.commands))

    def mutate_settings(
        self, commands: CommandBatch, row: int, step: float, rng: np.random.Generator
    ) -> None:
        """Another gait, or another frequency for this one, or both left to the speed again."""
        gait, frequency = commands.settings["gait"], commands.settings["gait_frequency"]
        kind = rng.random()
        if kind < 0.3:
            gait[row], frequency[row] = 0, 0.0
        elif kind < 0.6:
            gait[row] = rng.integers(0, len(GAITS))
        elif frequency[row] == 0.0:
            frequency[row] = rng.uniform(*self.commands.setting("gait_frequency").range)
        else:
            frequency[row] += rng.normal(0.0, step)


def embodiment(robot: Robot, model: mujoco.MjModel) -> Embodiment:
    """The kind's entry point."""
    return LeggedRobot(robot, model)
