"""The speed report: ratios, their aims, and what was not reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.speed.__main__ import read_options
from bench.speed.cold_start import ColdStart
from bench.speed.first_update import FirstUpdate
from bench.speed.machine import Machine
from bench.speed.race import Evaluation, RaceResult
from bench.speed.report import markdown
from bench.speed.results import FirstUpdates, Measurement, Results, write_measurement
from bench.speed.rollout import RolloutRow
from bench.speed.stepping import SteppingRow
from bench.speed.walk_task import RETURN_LEVELS

MACHINE = Machine(
    date="2026-01-01", cpu="a", cores=2, memory_gib=8, system="b", load=0.0, versions={}
)


def race(name: str, rate: float, seconds_to_half: float | None, cap_s: float = 60.0) -> RaceResult:
    """A race at `rate` samples a second after a first block of 10 s; the first level at best."""
    exams = [Evaluation(seconds=cap_s, samples=1, mean_return=RETURN_LEVELS[0] - 1)]
    if seconds_to_half is not None:
        exams = [Evaluation(seconds=seconds_to_half, samples=1, mean_return=RETURN_LEVELS[0] + 1)]
    return RaceResult(
        name=name, setting="x", blocks=9, samples=1000 + round(rate * (cap_s - 10.0)),
        seconds=cap_s, first_block_samples=1000, first_block_s=10.0, exams=exams,
    )  # fmt: skip


def found(lines: list[str], start: str) -> str:
    """The one line of a table that begins like this."""
    (line,) = (line for line in lines if line.startswith(f"| {start}"))
    return line


def test_ratios_come_first_and_say_what_was_missed(tmp_path: Path) -> None:
    row = RolloutRow(
        robots=256, repeats=3, rollout_per_s=90, bare_per_s=110, scene_per_s=100,
        ratio=0.79, ratio_scene=0.9,
    )  # fmt: skip
    update = FirstUpdate(job_s=1.5, compiled_reward=1, compiled_reward_s=0.5, compiled_else=[])
    noisy = update.model_copy(update={"compiled_else": ["update"]})
    cold = ColdStart(
        total_s=13.0, imports_s=1, engine_s=1, warm_up_s=1, job_s=1, cache_hits=5, cache_misses=0
    )
    updates = FirstUpdates(
        first=update, second=noisy, reweighted=update, cold_empty=cold, cold=cold
    )
    for name, measurement in {
        "rollout": Measurement(machine=MACHINE, rollout=[row]),
        "first-update": Measurement(machine=MACHINE, first_updates=updates),
        "ours": Measurement(machine=MACHINE, races=[race("TabRL", 10_000.0, 20.0)]),
        "sb3": Measurement(
            machine=MACHINE,
            races=[race("SB3, defaults", 500.0, None), race("SB3, ours", 2500.0, 50.0)],
        ),
        "brax": Measurement(machine=MACHINE, note="it broke"),
    }.items():
        write_measurement(tmp_path, name, measurement)
    lines = markdown(Results.read(tmp_path)).split("\n")

    bare = "rollout phase / bare stepping, 256 robots, the "
    assert "0.90 | ≥ 0.8 | reached" in found(lines, bare + "scene")
    assert "0.79 | ≥ 0.8 | **missed**" in found(lines, bare + "same")
    assert "20.0 × | ≥ 10 | reached" in found(lines, "samples/s / SB3, defaults (x) |")
    assert "4.0 × |  |  |" in found(lines, "samples/s / SB3, ours (x) |")
    seconds = "seconds to the same return, we / SB3, "
    assert "not reached in 60 s (best 374) | ≤ 1 | reached" in found(lines, f"{seconds}defaults")
    assert "20 s / 50 s = 1/2.5 | ≤ 1 | reached" in found(lines, f"{seconds}ours")
    assert "1 | ≤ 0 | **missed**" in found(lines, "its compilations")
    assert "13.0 s | ≤ 12 | **missed**" in found(
        lines, "process just begun, compiled graphs cached: start"
    )
    assert any("it broke" in line for line in lines)
    assert lines.index(found(lines, "its compilations")) < lines.index(
        found(lines, "256 | 90 | 110 | 100")
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict"),
    [
        (55.0, 50.0, "55 s / 50 s = 1/0.9 | ≤ 1 | **missed** |"),
        (70.0, None, "70 s / not reached in 60 s (best 374) | ≤ 1 | open |"),
        (None, 50.0, "we reached only 374 in 90 s | ≤ 1 | **missed** |"),
    ],
    ids=["later", "stopped-before-us", "never"],
)
def test_the_same_return_is_to_be_reached_sooner_than_by_both_peers(
    mine: float | None, theirs: float | None, verdict: str
) -> None:
    def of(*races: RaceResult) -> Measurement:
        return Measurement(machine=MACHINE, races=list(races))

    measurements = {
        "ours": of(race("TabRL", 10_000.0, mine, cap_s=90.0)),
        "sb3": of(race("SB3, ours", 2500.0, theirs)),
        "brax": of(race("Brax", 500.0, theirs)),
    }
    lines = markdown(Results(measurements=measurements)).split("\n")
    for peer in ("SB3, ours", "Brax"):
        assert verdict in found(lines, f"seconds to the same return, we / {peer}")


def test_a_task_that_is_only_stepped_stands_beside_ours(tmp_path: Path) -> None:
    own = RolloutRow(
        robots=256, repeats=3, rollout_per_s=50_000, bare_per_s=60_000, scene_per_s=1,
        ratio=1, ratio_scene=1,
    )  # fmt: skip
    peers = [
        SteppingRow(name="EnvPool", robots=robots, repeats=3, control_per_s=10_000, substeps=5)
        for robots in (256, 512)
    ]
    for name, measurement in {
        "rollout": Measurement(machine=MACHINE, rollout=[own]),
        "envpool": Measurement(machine=MACHINE, stepping=peers),
    }.items():
        write_measurement(tmp_path, name, measurement)
    lines = markdown(Results.read(tmp_path)).split("\n")
    both = "EnvPool, 256 robots,"
    assert "5.0 × |" in found(lines, f"rollout phase / {both} control steps/s")
    assert "2.0 × |" in found(lines, f"rollout phase / {both} physics steps/s")
    assert "6.0 × |" in found(lines, f"bare stepping / {both} control steps/s")
    assert "2.4 × |" in found(lines, f"bare stepping / {both} physics steps/s")
    for row in ("EnvPool | 512 | 10,000 | 5 | 50,000", "TabRL, rollout phase | 256 | 50,000 | 2 |"):
        assert found(lines, row)
    assert not [line for line in lines if "/ EnvPool, 512" in line]


def test_all_parts_are_measured_unless_some_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_options([]).measurements == [
        "rollout",
        "job",
        "first-update",
        "ours",
        "sb3",
        "brax",
        "envpool",
    ]
    assert read_options(["sb3", "report", "--tiny"]).measurements == ["sb3", "report"]
    with pytest.raises(SystemExit):
        read_options(["nothing"])
    assert "no such part: nothing" in capsys.readouterr().err
