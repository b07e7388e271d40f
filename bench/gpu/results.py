"""What was measured on a device, and the same as tables."""

from __future__ import annotations

from pathlib import Path

from bench.speed.machine import Machine
from pydantic import BaseModel


class Stepping(BaseModel):
    """The physics alone: control steps a second."""

    robots: int
    impl: str
    per_s: float
    compile_s: float


class RolloutRow(BaseModel):
    """Control steps a second, medians of the repeats; seconds of compilation before."""

    robots: int
    steps: int  # of a chunk
    rollout_per_s: float  # policy, observation and rollout included
    with_reward_per_s: float
    bare_per_s: float  # the same motion by MJX alone, one scan
    rollout_share: float  # of the rollout's time: fields with a memory, on the host
    rollout_compile_s: float
    bare_compile_s: float


class Update(BaseModel):
    """One update of PPO from a block on the host."""

    robots: int
    steps: int
    minibatches: int
    epochs: int
    seconds: float
    compile_s: float


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


Row = Stepping | RolloutRow | Update | Start | Learning
HEADS: dict[type[Row], tuple[str, ...]] = {
    Stepping: ("robots", "kernels", "physics alone, steps/s", "compiled in"),
    RolloutRow: (
        "robots", "rollout, steps/s", "with reward", "bare MJX", "ratio", "fields",
        "compiled in (rollout, bare)",
    ),
    Update: ("robots", "steps", "minibatches × epochs", "update", "samples/s", "compiled in"),
    Start: (
        "process just begun", "start to first update", "of which imports",
        "artifact to first update", "second reward", "compiled for it",
    ),
    Learning: ("stage", "robots", "samples", "seconds", "samples/s", "reward a step"),
}  # fmt: skip


class PartResult(BaseModel):
    """One part of the benchmark."""

    part: str
    machine: Machine
    device: str
    impl: str
    base: str
    rows: list[Row] = []
    failure: str = ""

    def write(self, folder: Path) -> None:
        """Keep it as JSON, and the tables of all parts that the folder holds together."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.part}.json").write_text(self.model_dump_json(indent=2))
        parts = [PartResult.model_validate_json(path.read_text()) for path in folder.glob("*.json")]
        tables = "\n".join(part.markdown() for part in sorted(parts, key=lambda part: part.part))
        (folder / "gpu.md").write_text(tables)

    def markdown(self) -> str:
        """Where it was measured, and the table."""
        lines = [
            f"{self.part}: MJX ({self.impl}) on {self.device}; {self.machine.describe()}; "
            f"pretrained policy: {self.base}",
            "",
        ]
        if self.rows:
            cells = [HEADS[type(self.rows[0])], *(cells_of(row) for row in self.rows)]
            cells.insert(1, ("---",) * len(cells[0]))
            lines += [*(f"| {' | '.join(row)} |" for row in cells), ""]
        return "\n".join([*lines, *([f"- failed: {self.failure}"] if self.failure else [])]) + "\n"


def cells_of(row: Row) -> tuple[str, ...]:
    """A row of its table."""
    match row:
        case Stepping():
            return (f"{row.robots:,}", row.impl, f"{row.per_s:,.0f}", f"{row.compile_s:.0f} s")
        case RolloutRow():
            return (
                f"{row.robots:,}", f"{row.rollout_per_s:,.0f}", f"{row.with_reward_per_s:,.0f}",
                f"{row.bare_per_s:,.0f}", f"{row.rollout_per_s / row.bare_per_s:.2f}",
                f"{row.rollout_share:.0%}",
                f"{row.rollout_compile_s:.0f} s, {row.bare_compile_s:.0f} s",
            )  # fmt: skip
        case Update():
            return (
                f"{row.robots:,}", f"{row.steps}", f"{row.minibatches} × {row.epochs}",
                f"{row.seconds * 1e3:.0f} ms", f"{row.robots * row.steps / row.seconds:,.0f}",
                f"{row.compile_s:.0f} s",
            )  # fmt: skip
        case Start():
            return (
                "graphs cached" if row.cached else "nothing cached", f"{row.process_s:.1f} s",
                f"{row.imports_s:.1f} s", f"{row.first_s:.1f} s", f"{row.second_s:.2f} s",
                ", ".join(row.second_compiled) or "the reward alone",
            )  # fmt: skip
        case Learning():
            return (
                row.stage, f"{row.robots:,}", f"{row.samples:,}", f"{row.seconds:.1f}",
                f"{row.samples / row.seconds:,.0f}",
                f"{row.reward_first:.3f} → {row.reward_last:.3f}",
            )  # fmt: skip
