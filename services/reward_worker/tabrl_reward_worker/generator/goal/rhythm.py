"""What a sentence asks for to a beat: rhythms of the trunk, or of a paw."""

from __future__ import annotations

from tabrl_reward_worker.generator.goal.feet import paw
from tabrl_reward_worker.generator.goal.goal import Goal, Rhythm, abilities
from tabrl_reward_worker.generator.goal.quantities import counted, extent, limited, pace, repeated
from tabrl_reward_worker.generator.reading.intents import Act, Part

_COUNTED_HZ = 0.5  # "bow twice" is two slow bows


def swinging(act: Act) -> Act:
    """An act made a rhythm by "side to side" and the like, or by "twice a second"."""
    swing = act.find("swing")
    lengthwise = act.kind == "LEAN" and act.meaning.get("axis") == "pitch"
    axis = swing.meaning["axis"] if swing else "long" if lengthwise else "side"
    channel = {"side": "roll", "long": "pitch", "vertical": "height"}[axis]
    hz = float(act.meaning.get("hz", _COUNTED_HZ if act.find("count") else 1.0))
    own = act.meaning.get("channel", "")
    if act.kind == "TURN" or (own == "heading" and axis == "side"):
        channel, hz = "heading", 0.8
    elif act.kind == "POSTURE" or (axis == "vertical" and (act.kind == "LEAN" or own == "pitch")):
        channel = "pitch"
    elif act.kind == "HEIGHT":
        channel = "height"
    meaning = dict(act.meaning) | {"channel": channel, "hz": hz}
    return Act("RHYTHM", act.text, meaning, act.qualifiers, at=act.at)


def rhythm(act: Act, goal: Goal) -> None:
    """A sinusoid of the channel that the act names; one beat for each channel."""
    beat = abilities()["beat"]
    rate = act.find("rate")
    hz = rate.meaning["value"] if rate else float(act.meaning["hz"]) * beat[pace(act)]
    if not beat["lowest"] <= hz <= beat["highest"]:
        bounded = max(beat["lowest"], min(hz, beat["highest"]))
        if rate is not None:
            goal.not_understood.append(f"{hz:g} Hz cannot be followed: {bounded:g} Hz")
        hz = bounded
    hz = round(counted(act, hz, beat["lowest"], goal), 2)
    named = rate is not None or act.find("beat") is not None or act.find("pace") is not None
    for channel in (act.meaning["channel"], act.meaning.get("also")):
        if channel is None or any(rhythm.channel == channel for rhythm in goal.rhythms):
            continue
        found = Rhythm(channel, _amplitude(act, channel, hz, goal), hz)
        centre = _centre(act, channel, goal)
        # A beat the sentence names comes first: there is one beat, and it leads.
        goal.rhythms = (found, *goal.rhythms) if named else (*goal.rhythms, found)
        unit = "m" if channel in ("height", "paw") else "rad"
        goal.understood.append(
            f"“{act.words()}” → {channel} ±{found.amplitude:g} {unit}{centre} at {hz:g} Hz"
        )


def waved_paw(act: Act, goal: Goal) -> None:
    """A paw held up, and waved where the act says so."""
    paw(act, goal)
    swing = act.find("swing")
    if swing is not None and swing.meaning["axis"] == "side" and "swing" not in act.meaning:
        goal.not_understood.append(f"“{act.words()}”: only one foot at a time")
        return
    waved = any(rhythm.channel == "paw" for rhythm in goal.rhythms)
    # "wave your left paw slowly": what is waved may say how.
    again = waved and any(act.find(kind) for kind in ("pace", "beat", "rate"))
    if swing is not None or "swing" in act.meaning or again or repeated(act):
        goal.rhythms = tuple(rhythm for rhythm in goal.rhythms if rhythm.channel != "paw")
        how = [part for part in act.qualifiers if part.kind != "length"]
        rhythm(Act("RHYTHM", act.text, {"channel": "paw", "hz": 1.0}, how, at=act.at), goal)


def _amplitude(act: Act, channel: str, hz: float, goal: Goal) -> float:
    table = abilities()[f"{channel}_rhythm"]
    amplitude = table[extent(act)]
    explicit = _extent_of(act, channel)
    if explicit is not None:
        unit = "m" if channel == "height" else "rad"
        ends = explicit.meaning.get("ends")
        size = explicit.meaning["value"]
        if ends:
            size = abs(ends[1].meaning["value"] - ends[0].meaning["value"]) / 2.0
        amplitude = limited(size, table["limit"], unit, goal)
    if channel == "heading":
        reach = round(abilities()["beat"]["heading_rate"] / (6.2832 * hz), 3)
        if explicit is not None and amplitude > reach:
            goal.not_understood.append(
                f"{amplitude:.3g} rad to each side at {hz:g} Hz is too quick: {reach:g} rad"
            )
        amplitude = min(amplitude, reach)
    return round(amplitude, 3)


def _extent_of(act: Act, channel: str) -> Part | None:
    return act.find("length" if channel == "height" else "angle")


def _centre(act: Act, channel: str, goal: Goal) -> str:
    """What a swing "between 5 and 15 degrees" goes about, put into the goal; and in words."""
    explicit = _extent_of(act, channel)
    if explicit is None or "ends" not in explicit.meaning:
        return ""
    middle = round(float(explicit.meaning["value"]), 3)
    if channel == "height":
        trunk = abilities()["trunk"]["standing"]
        goal.height = round(middle - trunk if middle > trunk / 2.0 else -middle, 3)
        return f" about {trunk + goal.height:.3g} m above the ground"
    if channel not in ("pitch", "roll") or not middle:
        return ""
    setattr(goal, channel, middle)
    return f" about {middle:g} rad"


def shared_beat(goal: Goal) -> None:
    """All rhythms follow the first one's beat."""
    if len({rhythm.hz for rhythm in goal.rhythms}) > 1:
        hz = goal.rhythms[0].hz
        goal.understood.append(f"one beat for everything → {hz:g} Hz")
        goal.rhythms = tuple(Rhythm(r.channel, r.amplitude, hz) for r in goal.rhythms)


def make_room(goal: Goal) -> None:
    """Keep held posture plus rhythm within what the legs can reach."""
    for found in goal.rhythms:
        if found.channel == "height":
            low, high = -abilities()["low"]["limit"], abilities()["high"]["limit"]
            usual = abilities()["height_rhythm"]["centre"]
            centre = usual if goal.height is None else goal.height
            goal.height = round(max(low + found.amplitude, min(centre, high - found.amplitude)), 3)
        elif found.channel == "pitch" and goal.pitch:
            room = abilities()["pitch"]["limit"] - found.amplitude / 2
            goal.pitch = max(-room, min(goal.pitch, room))
        elif found.channel == "roll" and goal.roll:
            room = abilities()["lean"]["limit"] - found.amplitude / 2
            goal.roll = max(-room, min(goal.roll, room))
