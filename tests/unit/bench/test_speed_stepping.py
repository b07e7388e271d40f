"""A peer's own task, stepped: its rate, and what happens where it cannot be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bench.speed import measurements
from bench.speed.peers.environment import PeerError, run_peer
from bench.speed.sizes import TINY
from bench.speed.stepping import SteppingRow, control_rate

ROW = SteppingRow(name="a", robots=4, repeats=2, control_per_s=100.0, substeps=5)


def test_the_rate_is_the_median_and_the_first_step_is_not_measured() -> None:
    now, took = 0.0, iter((50.0, 1.0, 1.0, 9.0, 9.0, 2.0, 2.0))

    def step() -> None:
        nonlocal now
        now += next(took)

    rate = control_rate(step, robots=8, steps=2, repeats=3, clock=lambda: now)
    assert rate == pytest.approx(8 * 2 / 4.0)
    assert next(took, None) is None


def test_physics_steps_count_every_substep() -> None:
    assert ROW.physics_per_s == 500.0


def test_it_steps_as_many_robots_as_our_rollouts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(python: Path, module: str, options: list[str], *_: object) -> SteppingRow:
        asked.append([module, *options])
        return ROW

    monkeypatch.setattr(measurements, "peers_python", lambda folder: folder)
    monkeypatch.setattr(measurements, "run_peer", run)
    sizes = replace(TINY, robots=(4, 8), chunks=2, repeats=3)
    measured = measurements.MEASUREMENTS["envpool"](sizes)
    rest = ["--steps", str(2 * measurements.UNROLL), "--repeats", "3"]
    assert asked == [["envpool_go1", "--robots", robots, *rest] for robots in ("4", "8")]
    assert (measured.stepping, measured.note) == ([ROW, ROW], "")


def test_a_peer_that_cannot_be_installed_leaves_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> Path:
        raise PeerError("no wheel for this machine")

    monkeypatch.setattr(measurements, "peers_python", refuse)
    measured = measurements.MEASUREMENTS["envpool"](TINY)
    assert (measured.stepping, measured.note) == ([], "no wheel for this machine")


def test_what_a_peer_wrote_is_read_back(tmp_path: Path) -> None:
    script, out = tmp_path / "python", tmp_path / "new/row.json"
    script.write_text(f"#!/bin/sh\nprintf '%s' '{ROW.model_dump_json()}' > \"$4\"\n")
    script.chmod(0o755)
    assert run_peer(script, "envpool_go1", [], out, 10.0, SteppingRow) == ROW
    script.write_text("#!/bin/sh\necho no such module >&2\nexit 1\n")
    with pytest.raises(PeerError, match="no such module"):
        run_peer(script, "envpool_go1", [], out, 10.0, SteppingRow)
