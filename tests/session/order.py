"""In which order tests come."""

from __future__ import annotations

from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
# The browser's come last: Playwright keeps the main thread's loop.
_FOLDERS = ("architecture", "unit", "integration", "e2e")
# Files that take minutes: two processes that share the files out begin with these. Those that
# compile the same graphs are no neighbours, so that the second one finds them compiled.
_LONGEST = (
    "unit/sim/test_mjx_parity.py",
    "unit/trainer/test_pretraining.py",
    "unit/trainer/job/test_job.py",
    "unit/trainer/job/test_job_tiers.py",
    "unit/sim/test_mjx.py",
    "unit/reward_worker/generator/test_templates.py",
    "unit/reward_worker/sandbox/test_sandbox_hostile.py",
    "unit/embodiments/test_every_robot.py",
)


def sort(items: list[pytest.Item], *, longest_first: bool) -> None:
    """Architecture, units, real parts, browsers; the longest files before all if asked so."""

    def rank(item: pytest.Item) -> tuple[int, int]:
        file = item.path.relative_to(_TESTS)
        folder = file.parts[0]
        place = _FOLDERS.index(folder) if folder in _FOLDERS else len(_FOLDERS)
        longest = longest_first and file.as_posix() in _LONGEST
        return (-1, _LONGEST.index(file.as_posix())) if longest else (place, 0)

    items.sort(key=rank)
