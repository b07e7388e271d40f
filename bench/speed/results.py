"""The measurements, stored as JSON so that each can run on its own."""

from __future__ import annotations

from pathlib import Path

from bench.speed.cold_start import ColdStart
from bench.speed.first_update import FirstUpdate
from bench.speed.job import JobRow
from bench.speed.machine import Machine
from bench.speed.race import RaceResult
from bench.speed.rollout import RolloutRow
from bench.speed.stepping import SteppingRow
from pydantic import BaseModel


class FirstUpdates(BaseModel):
    """The first job after the warm-up, a second one with another reward, and with other weights;
    then a process just begun, without compiled graphs and with those that it left behind."""

    first: FirstUpdate
    second: FirstUpdate
    reweighted: FirstUpdate
    cold_empty: ColdStart
    cold: ColdStart


class Measurement(BaseModel):
    """One measurement; only its own field is set. `note` says what went wrong or missing."""

    machine: Machine
    base: str = ""
    rollout: list[RolloutRow] = []
    job: list[JobRow] = []
    first_updates: FirstUpdates | None = None
    races: list[RaceResult] = []
    stepping: list[SteppingRow] = []
    note: str = ""


class Results(BaseModel):
    """All measurements by name."""

    measurements: dict[str, Measurement]

    @classmethod
    def read(cls, folder: Path) -> Results:
        """What lies in `folder`."""
        return cls(
            measurements={
                path.stem: Measurement.model_validate_json(path.read_text())
                for path in sorted(folder.glob("*.json"))
            }
        )

    def races(self, name: str) -> list[RaceResult]:
        """The races of a measurement, none if it has not run."""
        return self.measurements[name].races if name in self.measurements else []

    @property
    def first_updates(self) -> FirstUpdates | None:
        """Of the one measurement that has them."""
        measurement = self.measurements.get("first-update")
        return None if measurement is None else measurement.first_updates


def write_measurement(folder: Path, name: str, measurement: Measurement) -> None:
    """Store a measurement."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(measurement.model_dump_json(indent=2))
