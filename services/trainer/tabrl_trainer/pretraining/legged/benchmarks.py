"""The rows of a legged robot's model card.

Amounts and bounds are those of the reference robot (see `scale`); others get them scaled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import Embodiment
from tabrl.embodiments.legged.gait import GAITS
from tabrl.embodiments.legged.limbs import in_words, lift_channel
from tabrl.embodiments.legged.scale import Scale
from tabrl_trainer.pretraining.benchmark import PUSHED, Benchmark, Bound, at_least, at_most
from tabrl_trainer.pretraining.legged.draws import Draws
from tabrl_trainer.pretraining.legged.measurements import Measurements, drift, hops, nothing

MOST_CONTACT, MOST_UNEVEN = 0.01, 0.08  # share of the time, rad
TIDY = at_most(high_feet=0.0, self_contact=MOST_CONTACT)
EVEN = TIDY | at_most(uneven=MOST_UNEVEN)  # where nothing asked is to one side


@dataclass(frozen=True)
class _Posture:
    """Range and largest error of a channel when it is held, its sinusoid about a middle."""

    channel: str
    lower: float
    upper: float
    most: float
    middle: float
    amplitude: float
    unit: str


def _postures(space: CommandSpace, length: float) -> tuple[_Posture, ...]:
    postures = (
        _Posture("height", -0.10 * length, 0.02 * length, 0.015 * length, -0.03 * length,
                 0.04 * length, "m"),
        _Posture("pitch", -0.45, 0.45, 0.06, 0.0, 0.2, "rad"),
        _Posture("roll", -0.35, 0.35, 0.06, 0.0, 0.2, "rad"),
    )  # fmt: skip
    return tuple(posture for posture in postures if posture.channel in space)


def _looks(posture: _Posture) -> dict[str, Bound]:
    return TIDY if posture.channel == "roll" else EVEN


def benchmarks(embodiment: Embodiment) -> tuple[Benchmark, ...]:
    """The rows of a robot's card, without what it cannot do."""
    return tuple(_Rows(embodiment))


class _Rows:
    """Makes the rows; iterates over them in the order of the card."""

    def __init__(self, embodiment: Embodiment) -> None:
        self._embodiment = embodiment
        self._robot, self._space = embodiment.robot, embodiment.commands
        self._scale = Scale.of(embodiment.robot)
        self._draws = Draws(self._space, self._scale)
        self._measure = Measurements(embodiment)
        self._postures = _postures(self._space, self._scale.length)
        self._ahead, self._aside, self._turn = (
            self._robot.share_of("vx") * self._scale.speed,
            self._robot.share_of("vy") * self._scale.speed,
            self._robot.share_of("yaw") * self._scale.frequency,
        )
        back, fast, aside, turn = (
            1.0 * self._ahead, 1.8 * self._ahead, 0.6 * self._aside, 2.0 * self._turn,
        )  # fmt: skip
        self._velocity_ranges = {"vx": (-back, fast), "vy": (-aside, aside), "yaw": (-turn, turn)}
        self._velocities = self._draws.along(**self._velocity_ranges)
        self._whole_range = f"vx {-back:.1f}…{fast:.1f}, vy ±{aside:.1f} m/s, yaw ±{turn:.1f} rad/s"

    def __iter__(self) -> Iterator[Benchmark]:
        yield from self._moving()
        yield from self._posed()
        yield from self._swaying()
        yield from self._stepping()
        yield from self._lifting()
        yield from self._acting()
        yield from self._pushed()
        yield from self._disturbed()

    def _most(self) -> dict[str, Bound]:
        """Bounds of the speeds' errors."""
        return at_most(vx=0.12 * self._ahead, vy=0.12 * self._aside, yaw=0.15 * self._turn)

    def _moving(self) -> Iterator[Benchmark]:
        draws, measure, most = self._draws, self._measure, self._most()
        fast, turn = (1.4 * self._ahead, 1.8 * self._ahead), 2.0 * self._turn
        yield Benchmark(
            f"velocity: {self._whole_range}", self._velocities, measure.speeds, most, looks=TIDY,
            reaches=self._velocity_ranges,
        )  # fmt: skip
        yield Benchmark(
            f"forward {fast[0]:.1f}…{fast[1]:.1f} m/s", draws.along(vx=fast), measure.motors,
            most | at_least(within=0.999), looks=EVEN, reaches={"vx": fast},
        )  # fmt: skip
        yield Benchmark(
            f"turn on the spot, ±{turn:.2g} rad/s", draws.along(yaw=(-turn, turn)),
            measure.speeds, most, looks=TIDY, reaches={"yaw": (-turn, turn)},
        )  # fmt: skip
        yield Benchmark(
            "stand for 20 s", draws.still, drift, at_most(drift=0.05 * self._scale.length),
            looks=TIDY | at_most(uneven=0.05),
        )  # fmt: skip

    def _posed(self) -> Iterator[Benchmark]:
        for posture in self._postures:
            low, high = posture.lower, posture.upper
            yield Benchmark(
                f"{posture.channel} {low:.2g}…{high:.2g} {posture.unit}, half of them walking",
                self._draws.held(posture.channel, (low, high)),
                self._measure.following(posture.channel),
                at_most(error=posture.most),
                looks=_looks(posture),
                reaches={posture.channel: (low, high)},
            )

    def _swaying(self) -> Iterator[Benchmark]:
        for posture in self._postures:
            for hz in (0.5, 1.0, 2.0):
                size = posture.amplitude
                yield Benchmark(
                    f"{posture.channel} ±{size:.2g} {posture.unit} at {hz:g} Hz, "
                    "half of them walking",
                    self._draws.modulated(posture.channel, posture.middle, size, hz),
                    self._measure.following(posture.channel),
                    at_least(correlation=0.9, gain=0.7) if hz <= 1.0 else {},
                    looks=_looks(posture),
                )

    def _stepping(self) -> Iterator[Benchmark]:
        low, high = self._space.setting("gait_frequency").range
        speed, length = 0.6 * self._scale.speed, self._scale.length
        for gait in GAITS:
            yield Benchmark(
                f"{gait.value}, {low:.1f}…{high:.1f} Hz at 0…{speed:.1f} m/s",
                self._draws.gait(gait, (0.0, speed), (low, high)),
                self._measure.gait,
                at_least(kept=0.8),
                looks=EVEN,
            )
        if "jump" in self._space:
            forward = 0.5 * self._scale.speed
            yield Benchmark(
                f"pronk: hops of {self._hops_in_words()} at 0…{forward:.1f} m/s",
                self._draws.hop(self._jump, forward), self._measure.gait, at_least(kept=0.8),
                looks=EVEN,
            )  # fmt: skip
        if "swing" in self._space:
            slow, quick = 1.5 * self._scale.frequency, 2.5 * self._scale.frequency
            yield Benchmark(
                f"march on the spot with swings of {0.12 * length:.2g} m, "
                f"{slow:.1f}…{quick:.1f} Hz",
                self._draws.march(0.05 * length, (slow, quick)),
                self._measure.swing_height,
                at_least(peak=0.10 * length, kept=0.8),
                looks=EVEN,
            )

    @property
    def _jump(self) -> tuple[float, float]:
        """Hops of the card, m."""
        highest = self._robot.share_of("jump") * self._scale.length
        return 0.03 * highest, 0.06 * highest

    def _hops_in_words(self) -> str:
        low, high = self._jump
        return f"{low:.2f}…{high:.2f} m"

    def _lifting(self) -> Iterator[Benchmark]:
        length = self._scale.length
        for limb in self._robot.limbs:
            yield Benchmark(
                f"{in_words(limb)} foot {0.10 * length:.2f} m up",
                self._draws.constant(**{lift_channel(limb): 0.10 * length}),
                self._measure.held_foot,
                at_least(clearance=0.08 * length, others_down=0.95),
                looks=at_most(self_contact=MOST_CONTACT),
            )

    def _acting(self) -> Iterator[Benchmark]:
        if "jump" in self._space:
            yield Benchmark(
                f"hop on the spot, {self._hops_in_words()}", self._draws.hop(self._jump, 0.0),
                hops, at_least(airborne=0.2, hops_per_s=1.0 * self._scale.frequency), looks=EVEN,
            )  # fmt: skip
        if "rear" in self._space:
            yield Benchmark(
                "rear up and stay", self._draws.along(rear=(1.0, 1.0)), self._measure.reared,
                at_least(front_feet=0.15 * self._scale.length, nose_up=0.6),
                looks=at_most(self_contact=MOST_CONTACT, uneven=MOST_UNEVEN),
            )  # fmt: skip

    def _pushed(self) -> Iterator[Benchmark]:
        words = f"pushes of {PUSHED.push_speed:g} m/s every {PUSHED.push_every_s:g} s"
        for asked, schedules in (
            (self._whole_range, self._velocities),
            ("standing", self._draws.still),
        ):
            yield Benchmark(f"{words}, {asked}", schedules, nothing, {}, PUSHED, 0.05)

    def _disturbed(self) -> Iterator[Benchmark]:
        """The walk that a policy is certified at, by robots that are other than their scene."""
        asked = self._draws.constant(**self._embodiment.certified)
        for other in self._embodiment.disturbances:
            yield Benchmark(
                f"{self._embodiment.certified['vx']:.1f} m/s: {other.words}", asked,
                self._measure.speed_error, at_most(speed_error=other.most_error),
                most_falls=other.most_failures, looks=TIDY, disturbance=other,
            )  # fmt: skip
