"""How much an act asks for: rows of the ability tables, limits, directions."""

from __future__ import annotations

from tabrl_reward_worker.generator.goal.goal import Goal, abilities
from tabrl_reward_worker.generator.reading.intents import Act

PACES = ("very_slow", "slow", "normal", "fast", "very_fast")


def extent(act: Act) -> str:
    """A row of an ability table: small, normal or large."""
    found = act.find("extent") or act.find("degree")
    return str(found.meaning["extent"] if found else act.meaning.get("extent", "normal"))


def pace(act: Act, base: str = "normal") -> str:
    """A row of an ability table from the verb's own pace and its adverbs."""
    step = PACES.index(base)
    for part in act.qualifiers:
        if part.meaning.get("row"):
            return str(part.meaning["row"])
        if part.kind in ("pace", "beat"):
            step += int(part.meaning["step"])
    extent = act.find("extent")
    if extent is not None and act.kind in ("MOVE", "TURN"):
        faster = step > PACES.index(base)
        # "a bit faster" is still faster.
        step += 1 if extent.meaning["extent"] == "large" else 0 if faster else -1
    return PACES[max(0, min(step, len(PACES) - 1))]


def limited(value: float, limit: float, unit: str, goal: Goal, least: float = 0.0) -> float:
    """The value within ±limit and no nearer to nothing than `least`; what was changed is said."""
    size = abs(value)
    if size > limit + 1e-9:
        goal.not_understood.append(
            f"{size:g} {unit} is more than this robot can do: {limit:g} {unit}"
        )
        size = limit
    elif 0.0 < size < least - 1e-9:
        goal.not_understood.append(f"{size:g} {unit} is too little to do: {least:g} {unit}")
        size = least
    return size if value > 0 else -size


def counted(act: Act, hz: float, lowest: float, goal: Goal) -> float:
    """The beat, Hz, at which "three times" fills a part of a sequence; how long it then lasts."""
    count = act.find("count")
    if count is None:
        return hz
    times = float(count.meaning["value"])
    if act.find("rate") is None:
        hz = min(hz, max(lowest, times / abilities()["sequence"]["least"]))
    if goal.lasts is None:
        goal.lasts = (count.text, times / hz)
    return hz


def repeated(act: Act) -> bool:
    """Whether it is to be done more than once: "twice", "twice a second"."""
    count = act.find("count")
    return act.find("rate") is not None or (count is not None and count.meaning["value"] > 1.0)


def directions(act: Act, goal: Goal) -> list[str]:
    """The directions an act names; of two opposite ones the first."""
    found: list[str] = [act.meaning["direction"]] if "direction" in act.meaning else []
    opposite = {"forward": "backward", "backward": "forward", "left": "right", "right": "left"}
    named = [part for part in act.qualifiers if part.kind == "direction"]
    # "backwards in a straight line" is not forward
    elsewhere = found or any(not part.meaning.get("straight") for part in named)
    for part in named:
        if not (elsewhere and part.meaning.get("straight")):
            direction = str(part.meaning["direction"])
            if opposite.get(direction) in found:
                goal.not_understood.append(f"“{part.text}”: only one way at a time")
            else:
                found.append(direction)
    return found
