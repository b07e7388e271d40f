"""References in MJCF, with meshes that MuJoCo reads itself."""

from __future__ import annotations

from pathlib import Path

import mujoco

from tabrl.visuals.reference import Reference


def read_mjcf(file: Path) -> Reference:
    """Compile an MJCF."""
    return Reference(mujoco.MjModel.from_xml_path(str(file)))
