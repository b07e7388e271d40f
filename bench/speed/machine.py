"""What a measurement was taken on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel

PACKAGES = ("jax", "brax", "mujoco", "mujoco-mjx", "numpy")


class Machine(BaseModel):
    """Date, hardware and versions; `load` is the load average of the minute before."""

    date: str
    cpu: str
    cores: int
    memory_gib: float
    system: str
    load: float
    versions: dict[str, str]

    @classmethod
    def here(cls) -> Machine:
        """This machine, now (Linux)."""
        return cls(
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            cpu=_field("/proc/cpuinfo", "model name"),
            cores=len(os.sched_getaffinity(0)),
            memory_gib=round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
            system=platform.platform(terse=True),
            load=round(os.getloadavg()[0], 2),
            versions={"python": platform.python_version()}
            | {package: version(package) for package in PACKAGES},
        )

    def describe(self) -> str:
        """One line for a table's head."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"{self.date}; {self.cpu}, {self.cores} cores, {self.memory_gib:g} GiB, "
            f"{self.system}; load before: {self.load:g}; {versions}"
        )


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"
