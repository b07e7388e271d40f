"""From acts to a goal: what a sentence asks for in numbers, and how it was understood."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tabrl_reward_worker.generator.goal.feet import (
    hop,
    hurry,
    limp,
    rear,
    settle,
    step,
    step_in_place,
)
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.locomotion import move, turn
from tabrl_reward_worker.generator.goal.phases import in_phases
from tabrl_reward_worker.generator.goal.posture import height, is_level, lean, posture
from tabrl_reward_worker.generator.goal.quantities import repeated
from tabrl_reward_worker.generator.goal.rhythm import (
    make_room,
    rhythm,
    shared_beat,
    swinging,
    waved_paw,
)
from tabrl_reward_worker.generator.reading.intents import Act, Part, Reading


def interpret(reading: Reading) -> Goal:
    """The goal of a reading; `empty` if nothing in it can be done."""
    whole = in_phases([(part, _at_once(part)) for part in reading.phases or [reading]])
    whole.understood = [*reading.notes, *whole.understood]
    whole.not_understood = [*reading.unknown, *reading.impossible, *whole.not_understood]
    return whole


def _at_once(reading: Reading) -> Goal:
    """What is asked for at the same time."""
    goal = Goal()
    denied = [act for act in reading.acts if act.denied]
    wanted = [act for act in reading.acts if not act.denied]
    wanted = _one_rhythm(_levelled(_joined(_joined(wanted, "MOVE"), "TURN")))
    postures = any(act.kind == "POSTURE" for act in wanted)
    for act in wanted if postures else []:
        if act.kind == "LEAN" and all(part.kind == "angle" for part in act.qualifiers):
            next(one for one in wanted if one.kind == "POSTURE").qualifiers += act.qualifiers
    wanted = _spared(wanted, goal)
    for act in _about_feet(wanted, denied):
        posed = act.kind in ("LEAN", "POSTURE", "HEIGHT")
        if (posed and (repeated(act) or (act.find("angle") and act.to_and_fro))) or (
            act.find("swing") is not None and act.kind != "PAW"
        ):
            act = swinging(act)
        elif act.kind == "LEAN" and postures and all(p.kind == "angle" for p in act.qualifiers):
            continue  # "tilt your nose down": the posture says it all
        _READERS[act.kind](act, goal)
        count = act.find("count")
        if count is not None and (goal.lasts is None or goal.lasts[0] != count.text):
            goal.not_understood.append(f"“{count.text}”: it is done again and again")
    shared_beat(goal)
    make_room(goal)
    for act in denied:
        _deny(act, goal)
    if reading.in_place:
        _hold_place(reading.in_place, goal, wanted)
    settle(goal)
    if goal.still and _asks_motion(goal):
        goal.still = False
    return goal


def _asks_motion(goal: Goal) -> bool:
    targets = (goal.vx, goal.vy, goal.yaw, goal.height, goal.pitch, goal.roll)
    return bool(goal.rhythms) or goal.feet or any(target for target in targets)


def _joined(wanted: list[Act], kind: str) -> list[Act]:
    """ "walk forward, trot slowly" is one way of moving: a verb without a way joins another."""
    moves = [act for act in wanted if act.kind == kind]
    if len(moves) < 2:
        return wanted
    steered = [act for act in moves if act.find("direction") or "direction" in act.meaning]
    first = steered[0] if steered else moves[0]
    joined = replace(first, qualifiers=list(first.qualifiers), meaning=dict(first.meaning))
    for other in moves:
        if other is first or other in steered or other.find("swing"):
            continue
        joined.meaning = dict(other.meaning) | dict(joined.meaning)
        joined.qualifiers += [Part("word", other.text, {}, other.at), *other.qualifiers]
    gone = [act for act in moves if act not in steered and not act.find("swing")]
    result = [act for act in wanted if act not in gone and act is not first]
    result.insert(min(wanted.index(first), len(result)), joined)
    return result


def _one_rhythm(wanted: list[Act]) -> list[Act]:
    """ "dance the salsa slowly" is one dance: what is said of the second holds for the first."""
    first: dict[tuple[str, str], Act] = {}
    for act in wanted:
        if act.kind == "RHYTHM":
            channels = (str(act.meaning["channel"]), str(act.meaning.get("also")))
            same = first.setdefault(channels, act)
            if same is not act:
                same.qualifiers += [*act.qualifiers, Part("word", act.text, {}, act.at)]
    return [act for act in wanted if act.kind != "RHYTHM" or act in first.values()]


def _levelled(wanted: list[Act]) -> list[Act]:
    """ "crouch to a height of 22 cm" is one height: that with a number takes the others along."""
    heights = [act for act in wanted if act.kind == "HEIGHT"]
    numbered = next((act for act in heights if act.find("length")), None)
    if numbered is None or not any(act.meaning["height"] == "at" for act in heights):
        return wanted
    others = [act for act in heights if act is not numbered]
    fitting = [act for act in heights if (act.meaning["height"] == "at") == is_level(numbered)]
    first = next((act for act in fitting if "below" in act.meaning), [*fitting, numbered][0])
    words = [Part("word", act.text, {}, act.at) for act in others]
    joined = replace(numbered, meaning=first.meaning, qualifiers=[*numbered.qualifiers, *words])
    return [joined if act is numbered else act for act in wanted if act not in others]


def _spared(wanted: list[Act], goal: Goal) -> list[Act]:
    """ "limp on your left front leg" lifts no leg: without the acts that only say which."""
    limping = next((act for act in wanted if act.meaning.get("limp")), None)
    if limping is None:
        return wanted
    paws = [act for act in wanted if act.kind == "PAW"]
    limping.qualifiers += [part for act in paws for part in act.qualifiers if part.kind == "pace"]
    limp(limping, paws, goal)
    return [act for act in wanted if act.kind != "PAW"]


def _about_feet(wanted: list[Act], denied: list[Act]) -> list[Act]:
    """The acts without those that only say what becomes of a foot: "raise your paw high"."""
    if any(act.kind == "PAW" for act in wanted):
        wanted = [act for act in wanted if not (act.kind == "HOP" and "of" in act.meaning)]
    footed = [act for act in wanted if act.kind in ("PAW", "HOP", "STEP")]
    if not footed:
        return wanted
    if any(act.meaning.get("of") for act in denied):
        return [act for act in wanted if act.kind != "PAW"]
    verbs = [
        act
        for act in wanted
        if act.kind == "HEIGHT"
        and ("of" in act.meaning or act.meaning["height"] == "at")
        and not is_level(act)
    ]
    for verb in verbs:
        if "reach" in verb.meaning and not verb.find("length"):
            for act in footed:
                high = {"extent": verb.meaning["reach"]}
                act.qualifiers.append(Part("extent", verb.text, high, verb.at))
        elif verb.qualifiers:
            footed[0].qualifiers += verb.qualifiers
    for act in footed:
        if act.kind == "HOP" and (act.find("direction") or "direction" in act.meaning):
            act.qualifiers = [_distance(part, act, wanted) for part in act.qualifiers]
    return [act for act in wanted if act not in verbs]


def _distance(part: Part, hop: Act, wanted: list[Act]) -> Part:
    """A length is how far a hop goes, unless it is said to be high: "jump forward, 5 cm high"."""
    high = any(act.kind == "HEIGHT" and abs(act.at - part.at) == 1 for act in wanted)
    upward = hop.text.endswith(" up") and part.at == hop.at + 1
    return part if part.kind != "length" or high or upward else replace(part, kind="distance")


def _stand(act: Act, goal: Goal) -> None:
    goal.still = True
    how = "stand as usual" if act.meaning.get("up") else "stay in place"
    goal.understood.append(f"“{act.words()}” → {how}")


def _deny(act: Act, goal: Goal) -> None:
    """ "without turning": what is denied is dropped where asked, else it is held at nothing."""
    if act.meaning.get("limp"):
        goal.understood.append(f"“{act.words()}” → walk on all feet alike")
        return
    held = {"MOVE": "stay in place", "TURN": "keep the heading", "LEAN": "stay level"}
    meaning = held.get(act.kind, "not done")
    if act.kind == "RHYTHM":
        channel = act.meaning["channel"]
        goal.rhythms = tuple(rhythm for rhythm in goal.rhythms if rhythm.channel != channel)
    elif act.kind == "TURN":
        goal.yaw = None
    elif act.kind in ("MOVE", "DIRECTION"):
        ways = act.meaning.get("ways", [])
        along, aside = {"forward", "backward"} & set(ways), set(ways) - {"forward", "backward"}
        if ways and (along or goal.vx) and (aside or goal.vy):
            # "walk, but not sideways": the other axis stays.
            goal.vx, goal.vy = (None if along else goal.vx), (None if aside else goal.vy)
            meaning = f"not {' or '.join(ways)}"
        elif goal.moves and not (ways and is_asked(goal, ways)):
            # "don't run, walk", "walk, not backwards"
            meaning = "not this way"
        else:
            goal.vx = goal.vy = None
            goal.still = True
            meaning = f"not {' or '.join(ways)}" if ways else held["MOVE"]
    goal.understood.append(f"“{act.words()}” → {meaning}")


def is_asked(goal: Goal, ways: Collection[str]) -> bool:
    """Whether the goal goes one of the ways."""
    goes = {
        "forward": (goal.vx or 0.0) > 0.0,
        "backward": (goal.vx or 0.0) < 0.0,
        "left": (goal.vy or 0.0) > 0.0,
        "right": (goal.vy or 0.0) < 0.0,
        "sideways": bool(goal.vy),
    }
    return any(goes[way] for way in ways)


def _hold_place(text: str, goal: Goal, wanted: list[Act]) -> None:
    goal.understood.append(f"“{text}” → stay in place")
    step_in_place(goal)
    pace = next((part for act in wanted if act.kind == "MOVE" and (part := act.find("pace"))), None)
    if pace is not None and goal.steps is not None and goal.cadence is None:
        hurry(pace, goal)
    goal.vx = goal.vy = None
    if goal.yaw is None:
        goal.still = True


_READERS = {
    "MOVE": move,
    "TURN": turn,
    "STAND": _stand,
    "HEIGHT": height,
    "POSTURE": posture,
    "LEAN": lean,
    "RHYTHM": rhythm,
    "HOP": hop,
    "PAW": waved_paw,
    "REAR": rear,
    "STEP": step,
}
