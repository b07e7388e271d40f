"""The rows of an arm's model card.

Lengths are those of an arm with a reach of 0.85 m; others get them scaled, but for the errors that
are allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from tabrl.embodiments.arm.channels import REFERENCE_REACH
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import BLEND, ELBOW, PLACE, POINTING
from tabrl_trainer.pretraining.arm.draws import Draws
from tabrl_trainer.pretraining.arm.measurements import Measurements
from tabrl_trainer.pretraining.arm.reach import Reach
from tabrl_trainer.pretraining.benchmark import Benchmark, at_least, at_most

AT_REST_M, MOVING_M, POINTING_RAD = 0.010, 0.015, 0.1
TIDY = at_most(self_contact=0.0, cramped=0.0)
# To turn so far to and fro once a second on the spot, a UR5e's wrists would need 3.1 and 3.5 rad/s
# (by inverse kinematics); they turn at most 3.14.
FAST_RAD = 0.3
# Allowed errors of disturbed arms, m; nothing said is as little as at rest.
_DISTURBED = {"late": 0.015, "noise": 0.012, "load": 0.020, "soft": 0.015, "all": 0.020}


def benchmarks(embodiment: ArmRobot, reach: Reach) -> tuple[Benchmark, ...]:
    """The rows of a robot's card, without what it cannot do."""
    return tuple(_Rows(embodiment, reach))


class _Rows:
    """Makes the rows; iterates over them in the order of the card."""

    def __init__(self, embodiment: ArmRobot, reach: Reach) -> None:
        self._embodiment, self._space = embodiment, embodiment.commands
        self._length = embodiment.robot.characteristic_length / REFERENCE_REACH
        self._reach = reach
        self._draws = Draws(embodiment, reach)
        self._measure = Measurements(embodiment)

    def __iter__(self) -> Iterator[Benchmark]:
        yield from self._resting()
        yield from self._moving()
        yield from self._swinging()
        yield from self._otherwise()
        yield from self._disturbed()
        yield from self._compared()

    def _resting(self) -> Iterator[Benchmark]:
        reached = {
            name: (self._space[name].lower, self._space[name].upper)
            for name in (*PLACE, *POINTING)
            if name in self._space
        }
        yield Benchmark(
            "poses all over the reach, held", self._draws.poses, self._measure.pose,
            at_most(error=AT_REST_M, pointing=POINTING_RAD), looks=TIDY, reaches=reached,
        )  # fmt: skip
        yield Benchmark(
            "poses all over the reach: no contact", self._draws.poses, self._measure.untouched,
            at_least(untouched=0.99), looks=TIDY,
        )  # fmt: skip
        yield Benchmark(
            "stay at home for 20 s", self._draws.constant(), self._measure.pose,
            at_most(error=0.5 * AT_REST_M, pointing=0.5 * POINTING_RAD), looks=TIDY,
        )  # fmt: skip

    def _moving(self) -> Iterator[Benchmark]:
        radius = 0.15 * self._length
        yield Benchmark(
            f"circle of {radius:.2g} m at 0.1 Hz", self._draws.circles(radius, 0.1),
            self._measure.pose, at_most(error=MOVING_M, pointing=POINTING_RAD), looks=TIDY,
        )  # fmt: skip
        for speed in (0.1, 0.25):
            yield Benchmark(
                f"paths at {speed * self._length:.2g} m/s",
                self._draws.paths(speed * self._length), self._measure.pose,
                at_most(error=MOVING_M, pointing=POINTING_RAD) if speed <= 0.1 else {}, looks=TIDY,
            )  # fmt: skip

    def _swinging(self) -> Iterator[Benchmark]:
        length = self._length
        ahead = {"elevation": 1.2, "z": 0.1 * length}
        for channel, amplitude, middle in (
            ("x", 0.08 * length, {}), ("y", 0.12 * length, {}), ("z", 0.08 * length, {}),
            ("elevation", 0.15, {"elevation": 0.8}), ("azimuth", 0.15, ahead),
            ("elevation", FAST_RAD, {"elevation": 0.8}), ("azimuth", FAST_RAD, ahead),
        ):  # fmt: skip
            if channel not in self._space:
                continue
            unit = self._space[channel].unit
            fastest = 1.0 if amplitude < FAST_RAD else 0.5
            for hz in (0.5, 1.0, 2.0):
                yield Benchmark(
                    f"{channel} ±{amplitude:.2g} {unit} at {hz:g} Hz",
                    self._draws.swinging(channel, amplitude, hz, middle),
                    self._measure.following(channel),
                    at_least(correlation=0.95, gain=0.8) if hz <= fastest else {},
                    looks=TIDY,
                )

    def _otherwise(self) -> Iterator[Benchmark]:
        """By joints, at a tempo, with the elbow on the other side."""
        if BLEND in self._space:
            yield Benchmark(
                "joint angles, held", self._draws.joints, self._measure.joints,
                at_most(error=0.04), looks=TIDY,
            )  # fmt: skip
        for speed in (0.1 * self._length, 0.4 * self._length):
            yield Benchmark(
                f"to places at {speed:.2g} m/s", self._draws.tempo(speed), self._measure.tempo,
                at_least(kept=0.95), looks=TIDY,
            )  # fmt: skip
        known = {one.name for one in self._space.settings}
        if ELBOW in known and len(self._reach.down()):
            yield Benchmark(
                "poses with the elbow down", self._draws.elbow_down, self._measure.elbow,
                at_least(kept=0.9), looks=TIDY, most_falls=0.05,
            )  # fmt: skip

    def _disturbed(self) -> Iterator[Benchmark]:
        """Held poses, by arms that are other than their scene."""
        for other in self._embodiment.disturbances:
            most = _DISTURBED.get(other.name, AT_REST_M)
            yield Benchmark(
                f"poses all over the reach: {other.words}", self._draws.poses,
                self._measure.pose, at_most(error=most, pointing=POINTING_RAD),
                most_falls=other.most_failures, looks=TIDY, disturbance=other,
            )  # fmt: skip

    def _compared(self) -> Iterator[Benchmark]:
        """The same by inverse kinematics, where the library is installed: nothing is learnt."""
        if find_spec("mink") is None:
            return
        from tabrl_trainer.pretraining.arm.inverse_kinematics import ROBOTS, InverseKinematics

        radius = 0.15 * self._length
        solver = InverseKinematics(self._embodiment)
        for words, schedules in (
            ("poses all over the reach, held", self._draws.poses),
            (f"circle of {radius:.2g} m at 0.1 Hz", self._draws.circles(radius, 0.1)),
            (f"paths at {0.1 * self._length:.2g} m/s", self._draws.paths(0.1 * self._length)),
        ):
            yield Benchmark(
                f"for comparison, inverse kinematics: {words}", schedules, self._measure.pose, {},
                most_falls=1.0, policy=solver, robots=ROBOTS,
            )  # fmt: skip
