"""What every part of the benchmark measured, kept as JSON so that parts can run on their own."""

from __future__ import annotations

from pathlib import Path

from bench.speed.cold import ColdStart
from bench.speed.first_update import FirstUpdate
from bench.speed.job import JobRow
from bench.speed.machine import Machine
from bench.speed.race import RaceResult
from bench.speed.rollout import RolloutRow
from pydantic import BaseModel


class FirstUpdates(BaseModel):
    """The first job after the warm-up, a second one with another reward, and with other weights;
    then a process just begun, without compiled graphs and with those that it left behind."""

    first: FirstUpdate
    second: FirstUpdate
    reweighted: FirstUpdate
    cold_empty: ColdStart
    cold: ColdStart


class Part(BaseModel):
    """One part's measurement; only its own field is set. `note` says what went wrong or missing."""

    machine: Machine
    base: str = ""
    rollout: list[RolloutRow] = []
    job: list[JobRow] = []
    first_updates: FirstUpdates | None = None
    races: list[RaceResult] = []
    note: str = ""


class Results(BaseModel):
    """All parts by name."""

    parts: dict[str, Part]

    @classmethod
    def read(cls, folder: Path) -> Results:
        """What lies in `folder`."""
        return cls(
            parts={
                path.stem: Part.model_validate_json(path.read_text())
                for path in sorted(folder.glob("*.json"))
            }
        )

    def races(self, part: str) -> list[RaceResult]:
        """The races of a part, none if it has not run."""
        return self.parts[part].races if part in self.parts else []

    @property
    def first_updates(self) -> FirstUpdates | None:
        """The one part that has them."""
        part = self.parts.get("first-update")
        return None if part is None else part.first_updates


def write_part(folder: Path, name: str, part: Part) -> None:
    """Keep a part."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(part.model_dump_json(indent=2))
