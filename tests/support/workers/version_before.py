"""The version before this one, as it was released before jobs were claimed by rank."""

from __future__ import annotations

import zipfile
from pathlib import Path

# Packages `tabrl` and `tabrl_api`, and the toy worker of the tests of that time.
_ARCHIVE = Path(__file__).parents[2] / "data" / "version_before.zip"


def version_before(folder: Path) -> dict[str, str]:
    """Unpack it; returns the environment in which processes are of that version."""
    with zipfile.ZipFile(_ARCHIVE) as archive:
        archive.extractall(folder)
    return {"PYTHONPATH": str(folder)}
