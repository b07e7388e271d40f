"""Looks at a run afterwards: `python read_log.py logs/RUN [--csv FILE]`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .flight_log import HEADER, read_events, read_steps
from .limits import tilt
from .messages import Array
from .sequence import PHASES


def main(arguments: list[str] | None = None) -> int:
    """Prints what the run was like; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the run")
    parser.add_argument("--csv", type=Path, help="also write all rows here")
    options = parser.parse_args(arguments)
    try:
        print("\n".join(summary(options.folder)))
        if options.csv:
            names, rows = read_steps(options.folder)
            head = ",".join(names)
            np.savetxt(options.csv, rows, fmt="%.6g", delimiter=",", header=head, comments="")
    except OSError as error:
        print(f"this is no run's folder: {error}")
        return 1
    return 0


def summary(folder: Path) -> list[str]:
    """Lines that say what the run was like."""
    header = json.loads((folder / HEADER).read_text("utf-8"))
    names, rows = read_steps(folder)
    lines = [f"{header['robot']}, {header['began']}: {len(rows)} steps"]
    lines += [f"  {event.pop('at_s'):9.3f} s  {_words(event)}" for event in read_events(folder)]
    if not len(rows):
        return lines
    late, age = (rows[:, names.index(name)] for name in ("late_s", "age_s"))
    lines += [
        f"steps began late by {np.median(late) * 1e3:.2f} ms (median), at most "
        f"{late.max() * 1e3:.2f} ms; states were at most {age.max() * 1e3:.1f} ms old",
        f"tilted by at most {max(map(tilt, _part(names, rows, 'quaternion'))):.2f} rad",
    ]
    phases = rows[:, names.index("phase")].astype(int)
    for number in dict.fromkeys(phases):
        lines.append(_of_phase(names, rows[phases == number], PHASES[number]))
    return lines


def _of_phase(names: list[str], rows: Array, phase: str) -> str:
    target, position, velocity, torque = (
        _part(names, rows, part) for part in ("target", "position", "velocity", "torque")
    )
    jump = np.abs(np.diff(target, axis=0)).max() if len(rows) > 1 else 0.0
    known = np.isfinite(torque)
    pull = f"{np.abs(torque[known]).max():.1f} N·m" if known.any() else "not told"
    return (
        f"{phase:>7}: {len(rows):5} steps, targets moved at most {jump:.3f} rad a step and led by "
        f"{np.abs(target - position).max():.2f} rad, joints turned at most "
        f"{np.abs(velocity).max():.1f} rad/s, torque at most {pull}"
    )


def _part(names: list[str], rows: Array, part: str) -> Array:
    return rows[:, [i for i, name in enumerate(names) if name.startswith(f"{part}.")]]


def _words(event: dict[str, object]) -> str:
    what = event.pop("what")
    return " ".join([str(what), *(f"{name}={value}" for name, value in event.items())])
