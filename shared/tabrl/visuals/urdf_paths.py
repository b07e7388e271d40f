"""Where the files are that a URDF names."""

from __future__ import annotations

from pathlib import Path


def mesh_path(name: str, urdf: Path) -> Path:
    """A mesh's file: `package://` names a folder above the URDF, all else is relative to it."""
    if name.startswith("package://"):
        package, _, rest = name.removeprefix("package://").partition("/")
        above = (parent for parent in urdf.parents if parent.name == package)
        return next(above, urdf.parent) / rest
    return urdf.parent / name.removeprefix("file://")
