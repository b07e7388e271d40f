"""`tabrl export`: a model as files that run without TabRL."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath

from tabrl_local.client import Api
from tabrl_local.errors import CommandError


def export_model(api: Api, model_id: str, folder: Path, name: str = "numpy") -> list[Path]:
    """Write a model in a format into a new or empty folder; returns the files.

    Raises CommandError.
    """
    files = _unpacked(api.export(model_id, name))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty", hint="name a new folder")
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    except OSError as error:
        raise CommandError(f"cannot write to {folder}: {error.strerror}") from error
    return [folder / path for path in files]


def _unpacked(archive: bytes) -> dict[Path, bytes]:
    """The files in the archive's only folder."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return {_inside(name): opened.read(name) for name in opened.namelist()}
    except (zipfile.BadZipFile, ValueError) as error:
        raise CommandError("the api sent no readable export", code="unexpected_answer") from error


def _inside(name: str) -> Path:
    """A file's path below that folder. Raises `ValueError` for one that leads out of it."""
    parts = PurePosixPath(name).parts
    if len(parts) < 2 or ".." in parts or name.startswith("/"):
        raise ValueError(name)
    return Path(*parts[1:])
