"""From acts to a goal: what a sentence asks for in numbers, and how it was understood."""

from __future__ import annotations

from tabrl_reward_worker.composer.amounts import directions, extent, limited, pace
from tabrl_reward_worker.composer.footwork import hop, paw, rear, settle, step, step_in_place
from tabrl_reward_worker.composer.reader import Act, Part, Reading
from tabrl_reward_worker.composer.targets import Goal, Rhythm, abilities

_DEFAULT_BOB_HEIGHT = -0.01  # m: legs need room to stretch when they bob


def goal_of(reading: Reading) -> Goal:
    """The goal of a reading; `empty` if nothing in it can be done."""
    goal = Goal(not_understood=[*reading.unknown, *reading.impossible])
    for word in reading.mistyped:
        goal.understood.append(f"“{word.text}” → read as “{word.read_as}”")
    denied = [act for act in reading.acts if act.denied]
    wanted = [act for act in reading.acts if not act.denied]
    postures = any(act.kind == "POSTURE" for act in wanted)
    for act in _about_feet(wanted, denied):
        if act.find("swing") is not None and act.kind != "PAW":
            act = _swinging(act)
        elif act.kind == "LEAN" and postures and not act.qualifiers:
            continue  # "tilt your nose down": the posture says it all
        _READERS[act.kind](act, goal)
    _shared_beat(goal)
    _make_room(goal)
    for act in denied:
        _deny(act, goal)
    if reading.in_place:
        _hold_place(reading.in_place, goal)
    settle(goal)
    if reading.sequence:
        goal.not_understood.append("one thing after another: all of it is asked at once")
    if goal.still and _asks_motion(goal):
        goal.still = False
    return goal


def _asks_motion(goal: Goal) -> bool:
    targets = (goal.vx, goal.vy, goal.yaw, goal.height, goal.pitch, goal.roll)
    return bool(goal.rhythms) or goal.feet or any(target for target in targets)


def _about_feet(wanted: list[Act], denied: list[Act]) -> list[Act]:
    """The acts without those that only say what becomes of a foot: "raise your paw high"."""
    footed = [act for act in wanted if act.kind in ("PAW", "HOP", "STEP")]
    if not footed:
        return wanted
    if any(act.meaning.get("of") for act in denied):
        return [act for act in wanted if act.kind != "PAW"]
    verbs = [act for act in wanted if act.kind == "HEIGHT" and "of" in act.meaning]
    for verb in verbs:
        if "reach" in verb.meaning:
            for act in footed:
                act.qualifiers.append(Part("extent", verb.text, {"extent": verb.meaning["reach"]}))
        elif verb.qualifiers:
            footed[0].qualifiers += verb.qualifiers
    return [act for act in wanted if act not in verbs]


def _swinging(act: Act) -> Act:
    """An act made a rhythm by "side to side" and the like."""
    swing = act.find("swing")
    axis = swing.meaning["axis"] if swing else ""
    channel = {"side": "roll", "long": "pitch", "vertical": "height"}[axis]
    hz = float(act.meaning.get("hz", 1.0))
    own = act.meaning.get("channel", "")
    if act.kind == "TURN" or (own == "heading" and axis == "side"):
        channel, hz = "heading", 0.8
    elif act.kind == "POSTURE" or (axis == "vertical" and (act.kind == "LEAN" or own == "pitch")):
        channel = "pitch"
    elif act.kind == "HEIGHT":
        channel = "height"
    return Act("RHYTHM", act.text, act.meaning | {"channel": channel, "hz": hz}, act.qualifiers)


def _move(act: Act, goal: Goal) -> None:
    ways = directions(act, goal) or ["forward"]
    explicit = act.find("speed")
    row = pace(act, act.meaning.get("speed", "normal"))
    side = next((d for d in ways if d in ("left", "right")), "")
    if "sideways" in ways or side:
        sign = -1.0 if side == "right" else 1.0
        alone = not {"forward", "backward"} & set(ways)
        table = abilities()["sideways"]
        speed = explicit.meaning["value"] if explicit and alone else table[row]
        goal.vy = limited(sign * speed, table["limit"], "m/s sideways", goal)
        goal.understood.append(f"“{act.words()}” → {_side(goal.vy)} at {abs(goal.vy):g} m/s")
    for direction, sign in (("forward", 1.0), ("backward", -1.0)):
        if direction in ways:
            table = abilities()[direction]
            speed = explicit.meaning["value"] if explicit else table[row]
            goal.vx = limited(sign * speed, table["limit"], f"m/s {direction}", goal)
            goal.understood.append(f"“{act.words()}” → {direction} at {abs(goal.vx):g} m/s")
    if any(part.meaning.get("straight") for part in act.qualifiers):
        goal.understood.append("“straight” → keep the heading")
    if "height" in act.meaning:
        _height(Act("HEIGHT", act.text, act.meaning), goal)
    goal.gait = act.meaning.get("gait", goal.gait)
    if "steps" in act.meaning:
        step(Act("STEP", act.text, act.meaning), goal)


def _side(value: float) -> str:
    return "to the left" if value > 0 else "to the right"


def _turn(act: Act, goal: Goal) -> None:
    ways = directions(act, goal)
    table = abilities()[act.meaning["rate"]]
    explicit = act.find("turn_rate")
    speed = explicit.meaning["value"] if explicit else table[pace(act)]
    sign = -1.0 if "right" in ways else 1.0
    goal.yaw = limited(sign * speed, abilities()["turn"]["limit"], "rad/s", goal)
    goal.understood.append(f"“{act.words()}” → turn {_side(goal.yaw)} at {abs(goal.yaw):g} rad/s")
    if act.meaning.get("move") and goal.vx is None:
        goal.vx = 0.4
        goal.understood.append(f"“{act.text}” → walk on at 0.4 m/s")
    elif "backward" in ways or "forward" in ways:
        _move(Act("MOVE", act.text, {"direction": ways[0]}), goal)


def _stand(act: Act, goal: Goal) -> None:
    goal.still = True
    goal.understood.append(f"“{act.words()}” → stay in place")


def _height(act: Act, goal: Goal) -> None:
    kind = act.meaning["height"]
    table = abilities()[kind]
    length = act.find("length")
    offset = table[extent(act)]
    if length is not None and length.meaning["value"] <= 0.15:
        offset = limited(length.meaning["value"], table["limit"], "m", goal)
    elif length is not None:
        goal.not_understood.append(f"“{length.text}”: too much for a change of height")
    if goal.height is None:
        goal.height = -offset if kind == "low" else offset
    where = "below" if goal.height < 0 else "above"
    goal.understood.append(f"“{act.words()}” → {abs(goal.height) * 100:.1f} cm {where} standing")


def _angle(act: Act, table: str, goal: Goal) -> float:
    numbers = abilities()[table]
    explicit = act.find("angle")
    if explicit is not None:
        return round(limited(explicit.meaning["value"], numbers["limit"], "rad", goal), 3)
    return numbers[extent(act)]


def _posture(act: Act, goal: Goal) -> None:
    angle = _angle(act, "pitch", goal)
    goal.pitch = angle if act.meaning["pitch"] == "down" else -angle
    goal.understood.append(f"“{act.words()}” → nose {act.meaning['pitch']} by {angle:.2f} rad")


def _lean(act: Act, goal: Goal) -> None:
    ways = directions(act, goal)
    if "forward" in ways or "backward" in ways or act.meaning.get("axis") == "pitch":
        way = "up" if "backward" in ways else "down"
        _posture(Act("POSTURE", act.text, {"pitch": way}, act.qualifiers), goal)
        return
    angle = _angle(act, "lean", goal)
    right = "right" in ways
    goal.roll = angle if right else -angle
    side = "right" if right else "left"
    goal.understood.append(f"“{act.words()}” → lean to the {side} by {angle:.2f} rad")


def _rhythm(act: Act, goal: Goal) -> None:
    beat = abilities()["beat"]
    rate = act.find("rate")
    hz = rate.meaning["value"] if rate else float(act.meaning["hz"]) * beat[pace(act)]
    if not beat["lowest"] <= hz <= beat["highest"]:
        bounded = max(beat["lowest"], min(hz, beat["highest"]))
        if rate is not None:
            goal.not_understood.append(f"{hz:g} Hz cannot be followed: {bounded:g} Hz")
        hz = bounded
    hz = round(hz, 2)
    named = rate is not None or act.find("beat") is not None or act.find("pace") is not None
    for channel in (act.meaning["channel"], act.meaning.get("also")):
        if channel is None or any(rhythm.channel == channel for rhythm in goal.rhythms):
            continue
        rhythm = Rhythm(channel, _amplitude(act, channel, hz, goal), hz)
        # A beat the sentence names comes first: there is one beat, and it leads.
        goal.rhythms = (rhythm, *goal.rhythms) if named else (*goal.rhythms, rhythm)
        unit = "m" if channel in ("height", "paw") else "rad"
        goal.understood.append(
            f"“{act.words()}” → {channel} ±{rhythm.amplitude:g} {unit} at {hz:g} Hz"
        )


def _paw(act: Act, goal: Goal) -> None:
    paw(act, goal)
    swing = act.find("swing")
    if swing is not None and swing.meaning["axis"] == "side" and "swing" not in act.meaning:
        goal.not_understood.append(f"“{act.words()}”: only one foot at a time")
        return
    waved = any(rhythm.channel == "paw" for rhythm in goal.rhythms)
    # "wave your left paw slowly": what is waved may say how.
    again = waved and any(act.find(kind) for kind in ("pace", "beat", "rate"))
    if swing is not None or "swing" in act.meaning or again:
        goal.rhythms = tuple(rhythm for rhythm in goal.rhythms if rhythm.channel != "paw")
        how = [part for part in act.qualifiers if part.kind != "length"]
        _rhythm(Act("RHYTHM", act.text, {"channel": "paw", "hz": 1.0}, how), goal)


def _amplitude(act: Act, channel: str, hz: float, goal: Goal) -> float:
    table = abilities()[f"{channel}_rhythm"]
    amplitude = table[extent(act)]
    explicit = act.find("length" if channel == "height" else "angle")
    if explicit is not None:
        unit = "m" if channel == "height" else "rad"
        amplitude = limited(explicit.meaning["value"], table["limit"], unit, goal)
    if channel == "heading":
        amplitude = min(amplitude, abilities()["beat"]["heading_rate"] / (6.2832 * hz))
    return round(amplitude, 3)


def _shared_beat(goal: Goal) -> None:
    """All rhythms follow the first one's beat."""
    if len({rhythm.hz for rhythm in goal.rhythms}) > 1:
        hz = goal.rhythms[0].hz
        goal.understood.append(f"one beat for everything → {hz:g} Hz")
        goal.rhythms = tuple(Rhythm(r.channel, r.amplitude, hz) for r in goal.rhythms)


def _make_room(goal: Goal) -> None:
    """Keep held posture plus rhythm within what the legs can reach."""
    for rhythm in goal.rhythms:
        if rhythm.channel == "height":
            low, high = -abilities()["low"]["limit"], abilities()["high"]["limit"]
            centre = _DEFAULT_BOB_HEIGHT if goal.height is None else goal.height
            goal.height = round(
                max(low + rhythm.amplitude, min(centre, high - rhythm.amplitude)), 3
            )
        elif rhythm.channel == "pitch" and goal.pitch:
            room = abilities()["pitch"]["limit"] - rhythm.amplitude / 2
            goal.pitch = max(-room, min(goal.pitch, room))
        elif rhythm.channel == "roll" and goal.roll:
            room = abilities()["lean"]["limit"] - rhythm.amplitude / 2
            goal.roll = max(-room, min(goal.roll, room))


def _deny(act: Act, goal: Goal) -> None:
    """ "without turning": what is denied is dropped where asked, else it is held at nothing."""
    held = {"MOVE": "stay in place", "TURN": "keep the heading", "LEAN": "stay level"}
    if act.kind == "RHYTHM":
        channel = act.meaning["channel"]
        goal.rhythms = tuple(rhythm for rhythm in goal.rhythms if rhythm.channel != channel)
    elif act.kind == "MOVE":
        goal.vx = goal.vy = None
        goal.still = True
    elif act.kind == "TURN":
        goal.yaw = None
    meaning = held.get(act.kind, "not done")
    goal.understood.append(f"“{act.words()}” → {meaning}")


def _hold_place(text: str, goal: Goal) -> None:
    goal.understood.append(f"“{text}” → stay in place")
    step_in_place(goal)
    goal.vx = goal.vy = None
    if goal.yaw is None:
        goal.still = True


_READERS = {
    "MOVE": _move,
    "TURN": _turn,
    "STAND": _stand,
    "HEIGHT": _height,
    "POSTURE": _posture,
    "LEAN": _lean,
    "RHYTHM": _rhythm,
    "HOP": hop,
    "PAW": _paw,
    "REAR": rear,
    "STEP": step,
}
