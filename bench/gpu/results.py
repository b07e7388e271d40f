"""What was measured on a device, and the same as a table."""

from __future__ import annotations

from pathlib import Path

from bench.speed.machine import Machine
from pydantic import BaseModel


class Stepping(BaseModel):
    """Control steps a second, medians of the repeats; seconds of compilation before."""

    robots: int
    steps: int  # of a chunk
    rollout_per_s: float  # policy, observation and rollout included
    with_reward_per_s: float
    bare_per_s: float  # the same motion by MJX alone, one scan
    rollout_share: float  # of the rollout's time: fields with a memory, on the host
    rollout_compile_s: float
    bare_compile_s: float


class Start(BaseModel):
    """A process just begun: seconds to its first update, then to that of a second reward."""

    cached: bool  # whether a process before has left its compiled graphs
    process_s: float  # start of the process to the first update
    imports_s: float
    first_s: float  # artifact to first update
    second_s: float
    second_compiled: list[str]  # graphs compiled for it, the reward's own left out


class Learning(BaseModel):
    """A job's two stages on warm graphs."""

    stage: str
    robots: int
    samples: int
    seconds: float
    reward_first: float
    reward_last: float


class Results(BaseModel):
    """One run of the benchmark."""

    machine: Machine
    device: str
    impl: str
    base: str
    stepping: list[Stepping] = []
    starts: list[Start] = []
    learning: list[Learning] = []
    notes: list[str] = []

    def write(self, folder: Path) -> None:
        """Keep JSON and table."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gpu.json").write_text(self.model_dump_json(indent=2))
        (folder / "gpu.md").write_text(self.markdown())

    def markdown(self) -> str:
        """The tables."""
        lines = [
            f"MJX ({self.impl}) on {self.device}; {self.machine.describe()}; "
            f"pretrained policy: {self.base}",
            "",
        ]
        if self.stepping:
            lines += _table(
                ("robots", "rollout, steps/s", "with reward", "bare MJX", "ratio", "fields",
                 "compiled in (rollout, bare)"),
                [
                    (f"{row.robots:,}", f"{row.rollout_per_s:,.0f}",
                     f"{row.with_reward_per_s:,.0f}", f"{row.bare_per_s:,.0f}",
                     f"{row.rollout_per_s / row.bare_per_s:.2f}", f"{row.rollout_share:.0%}",
                     f"{row.rollout_compile_s:.0f} s, {row.bare_compile_s:.0f} s")
                    for row in self.stepping
                ],
            )  # fmt: skip
        if self.starts:
            lines += _table(
                ("process just begun", "start to first update", "of which imports",
                 "artifact to first update", "second reward", "compiled for it"),
                [
                    ("graphs cached" if row.cached else "nothing cached",
                     f"{row.process_s:.1f} s", f"{row.imports_s:.1f} s", f"{row.first_s:.1f} s",
                     f"{row.second_s:.2f} s", ", ".join(row.second_compiled) or "the reward alone")
                    for row in self.starts
                ],
            )  # fmt: skip
        if self.learning:
            lines += _table(
                ("stage", "robots", "samples", "seconds", "samples/s", "reward a step"),
                [
                    (row.stage, f"{row.robots:,}", f"{row.samples:,}", f"{row.seconds:.1f}",
                     f"{row.samples / row.seconds:,.0f}",
                     f"{row.reward_first:.3f} → {row.reward_last:.3f}")
                    for row in self.learning
                ],
            )  # fmt: skip
        return "\n".join([*lines, *(f"- {note}" for note in self.notes)]) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    cells = [head, ("---",) * len(head), *rows]
    return [*(f"| {' | '.join(row)} |" for row in cells), ""]
