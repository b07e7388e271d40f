"""What a sentence asks of a planar robot, in its own units."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tabrl.robots import Robot
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

GRAVITY = 9.81  # m/s²
# Speeds in sqrt(g h), h the standing height: a walk, a run, and what pays in full for the fastest.
WALK, RUN, TOP = 0.4, 1.0, 3.0
_PACES = {"slow": 0.5, "fast": 1.6}  # of a walk's or a run's speed
_LOW, _HIGH, _LEAN = -0.25, 0.08, 0.3  # of h, of h, rad
_AWAY = ("left", "right")


@dataclass(frozen=True)
class Asked:
    """Everything at once; lengths in m, speeds in m/s, angles in rad.

    `speed` is None where none is asked for; with `fastest` it is only the way (1 or -1), and more
    is better.
    """

    standing: float
    speed: float | None = None
    fastest: bool = False
    hops: bool = False
    high: bool = False  # of hops: as high as it can
    height: float = 0.0  # away from standing
    pitch: float = 0.0
    still: bool = False
    understood: tuple[str, ...] = field(default=(), compare=False)
    not_understood: tuple[str, ...] = field(default=(), compare=False)

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it to learn."""
        return self == Asked(self.standing)

    @property
    def unit(self) -> float:
        """The speed sqrt(g h), m/s."""
        return speed_unit(self.standing)

    def in_words(self) -> str:
        """All of it, as a sentence fragment."""
        said = []
        way = "" if self.speed is None else "forward" if self.speed > 0.0 else "backward"
        if self.hops:
            said.append("hopping as high as it can" if self.high else "hopping")
        if self.fastest:
            said.append(f"as fast as it can, {way}")
        elif self.speed is not None:
            said.append(f"{abs(self.speed):.2f} m/s {way}")
        if self.height:
            said.append(f"the trunk {abs(self.height):.2f} m {'up' if self.height > 0 else 'down'}")
        if self.pitch:
            said.append(f"nose {'down' if self.pitch > 0.0 else 'up'} by {abs(self.pitch):.2f} rad")
        return ", ".join(said) or "standing still"


def speed_unit(standing: float) -> float:
    """The speed sqrt(g h) of a robot that stands h m high, m/s."""
    return float((GRAVITY * standing) ** 0.5)


def asked_of(reading: Reading, robot: Robot) -> Asked:
    """What was read, as far as a robot that moves in a plane can do it."""
    asked = Asked(robot.characteristic_length)
    told, missed = [], [*reading.unknown, *reading.impossible]
    for intent in reading.intents:
        before = asked
        if not intent.negated:
            asked = _with(asked, intent)
        if asked == before:
            missed.append(f"“{intent.words()}”: not in its plane")
        else:
            told.append(f"“{intent.words()}” → {asked.in_words()}")
    return replace(asked, understood=tuple(told), not_understood=tuple(missed))


def _with(asked: Asked, intent: Intent) -> Asked:
    way = _way(intent)
    if way is None:
        return asked
    if intent.kind == SlotKind.MOVE:
        return _moving(asked, intent, way)
    if intent.kind == SlotKind.HOP:
        high = intent.meaning.get("extent") == "large"
        going = way * WALK * asked.unit if _directed(intent) else asked.speed
        return replace(asked, hops=True, high=high, speed=going)
    if intent.kind == SlotKind.STAND:
        return replace(asked, still=True)
    if intent.kind == SlotKind.HEIGHT:
        share = {"low": _LOW, "high": _HIGH}.get(str(intent.meaning.get("height")), 0.0)
        return replace(asked, height=round(share * asked.standing, 3))
    if intent.kind == SlotKind.LEAN and _directed(intent):
        return replace(asked, pitch=way * _LEAN)
    if intent.kind == SlotKind.POSTURE:
        share = {"down": 1.0, "up": -1.0}.get(str(intent.meaning.get("pitch")), 0.0)
        return replace(asked, pitch=share * _LEAN)
    return asked


def _moving(asked: Asked, intent: Intent, way: float) -> Asked:
    """How fast: by a number, as fast as it can, or a walk or a run, slow or fast."""
    number, pace = intent.find(SlotKind.SPEED), intent.find(SlotKind.PACE)
    runs = intent.meaning.get("speed") == "fast"
    said = "" if pace is None else str(pace.meaning.get("pace"))
    if number is not None:
        return replace(asked, speed=way * float(number.meaning["value"]))
    if said == "fastest" or (runs and said == "fast"):
        return replace(asked, speed=way, fastest=True)
    usual = RUN if runs else WALK
    return replace(asked, speed=round(way * usual * _PACES.get(said, 1.0) * asked.unit, 3))


def _directed(intent: Intent) -> bool:
    return intent.find(SlotKind.DIRECTION) is not None


def _way(intent: Intent) -> float | None:
    """1 ahead, -1 back; None for what leads out of the plane."""
    slot = intent.find(SlotKind.DIRECTION)
    direction = "forward" if slot is None else str(slot.meaning.get("direction"))
    if any(word in direction for word in _AWAY):
        return None
    return -1.0 if "back" in direction else 1.0
