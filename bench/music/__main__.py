"""Robots that dance to click tracks in a real browser, judged by their states.

    python -m bench.music [--robots ID ...] [--bpm N ...] [--seconds S] [--json FILE] [--lags]

For each robot, move and tempo, a track of clicks is played to the robot's pretrained policy. From
eight seconds on: how far its motion is from the audio's clock, ms, mean and 95th percentile. Then a
track whose tempo changes: seconds until a whole cycle was on the beat, to 60 ms, and all after it.
With `--lags` it is measured first how late each move is where the beat is known, and written to the
robots' folders, from where the page takes it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench.music.clicks import Tempo, write_clicks
from bench.music.dancing import dance, open_model
from bench.music.judge import CYCLES, LEAST_CYCLES, phase_errors, swinging
from bench.music.lags import lags_of_moves
from bench.music.stage import add_pretrained, opened_page, services
from playwright.sync_api import Page

from tabrl.control.physics import physics_model
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, get_robot, list_robots, robot_folder
from tabrl.robots.lags import LAGS, store_lags

MOVES = ("sway", "bob")
TEMPOS = (90.0, 110.0, 128.0)
STEPS = ((90.0, 128.0), (128.0, 90.0))
SETTLED_S = 8.0
STEP_AT_S = 14.0
GOOD_MS = 60.0


@dataclass(frozen=True)
class Row:
    """One track danced to; ms, and seconds for a tempo that changes."""

    robot: str
    move: str
    bpm: str
    mean_ms: float
    p95_ms: float
    followed_s: float | None = None

    def __str__(self) -> str:
        followed = "" if self.followed_s is None else f"  followed in {self.followed_s:.1f} s"
        return (
            f"{self.robot:10} {self.move:6} {self.bpm:>9} BPM  "
            f"mean {self.mean_ms:5.1f} ms  p95 {self.p95_ms:5.1f} ms{followed}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if a mean is above 60 ms, or a change takes more than 4 s."""
    options = _parser().parse_args(arguments)
    robots = [get_robot(name) for name in options.robots]
    if options.lags:
        for robot in robots:
            measured = lags_of_moves(robot)
            print(robot.id, measured, flush=True)
            store_lags(measured, Path(str(robot_folder(robot.id))) / LAGS)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = {robot: add_pretrained(folder / "data", robot) for robot in robots}
        with services(folder / "data") as url, opened_page() as page:
            for robot, model_id in models.items():
                open_model(page, url, model_id)
                for move in MOVES:
                    for bpm in options.bpm:
                        rows.append(_steady(page, folder, robot, move, bpm, options.seconds))
                        print(rows[-1], flush=True)
                for before, after in STEPS if options.steps else ():
                    rows.append(_step(page, folder, robot, before, after))
                    print(rows[-1], flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    good = all(row.mean_ms < GOOD_MS and (row.followed_s or 0.0) <= 4.0 for row in rows)
    return 0 if good else 1


def _steady(page: Page, folder: Path, robot: Robot, move: str, bpm: float, seconds: float) -> Row:
    track = folder / "clicks.wav"
    beats = write_clicks(track, (Tempo(bpm, seconds + 30.0),))
    moments, late = _errors(page, robot, move, track, beats, seconds)
    off = np.abs(late[(moments > SETTLED_S) & (moments < seconds)])
    return Row(robot.id, move, f"{bpm:g}", float(off.mean()), float(np.percentile(off, 95)))


def _step(page: Page, folder: Path, robot: Robot, before: float, after: float) -> Row:
    """The tempo changes after 14 s; judged for as long again."""
    track, move, seconds = folder / "step.wav", MOVES[0], 2.0 * STEP_AT_S
    beats = write_clicks(track, (Tempo(before, STEP_AT_S), Tempo(after, STEP_AT_S + 30.0)))
    changed = beats[np.argmax(np.abs(np.diff(beats) - 60.0 / before) > 1e-6)]
    moments, late = _errors(page, robot, move, track, beats, seconds, LEAST_CYCLES)
    later = moments > changed
    bad = moments[later & (np.abs(late) > GOOD_MS)]
    followed = float(bad.max() - changed) if len(bad) else 0.0
    off = np.abs(late[moments > changed + 4.0])
    name = f"{before:g} → {after:g}"
    return Row(robot.id, move, name, float(off.mean()), float(np.percentile(off, 95)), followed)


def _errors(
    page: Page,
    robot: Robot,
    move: str,
    track: Path,
    beats: np.ndarray,
    seconds: float,
    cycles: float = CYCLES,
) -> tuple[np.ndarray, np.ndarray]:
    danced = dance(page, track, move, seconds + 0.5)
    embodiment, model = embodiment_of(robot), physics_model(robot)
    chosen = danced.time > 0.0
    values = swinging(embodiment, model, danced.qpos[chosen], move)
    return phase_errors(danced.time[chosen], values, beats, cycles=cycles)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.music", description="Robots that keep the beat.")
    trained = [robot.id for robot in list_robots() if (robot_folder(robot.id) / LAGS).is_file()]
    parser.add_argument("--robots", nargs="+", default=trained, metavar="ID")
    parser.add_argument("--bpm", nargs="+", type=float, default=list(TEMPOS), metavar="N")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S")
    parser.add_argument("--no-steps", dest="steps", action="store_false", help="steady ones only")
    parser.add_argument("--lags", action="store_true", help="measure how late moves are, first")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
