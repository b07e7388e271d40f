"""`tabrl export`: a model as files that run without TabRL."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tabrl.domain.errors import TabrlError
from tabrl.export.exportable import Exportable, Files
from tabrl.export.formats import format_named
from tabrl_local.api_schemas import ModelView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.robots import robot_named


def export_model(api: Api, model_id: str, folder: Path, name: str = "numpy") -> list[Path]:
    """Write a model's files into a new or empty folder; returns them. Raises CommandError."""
    try:
        chosen = format_named(name)
        files = chosen.write(_exportable(api, model_id))
    except TabrlError as error:
        raise CommandError(error.message, hint=error.hint, code=error.code) from error
    return _written(files, folder)


def _exportable(api: Api, model_id: str) -> Exportable:
    view = api.model(model_id)
    robot = robot_named(view.robot)
    params, view = _consistent(api, view)
    return Exportable(
        model_id=view.id,
        params_version=view.params_version,
        step=view.step,
        robot=robot,
        params=params,
        scene=api.fetch(view.scene_url),
    )


def _written(files: Files, folder: Path) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty", hint="name a new folder")
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise CommandError(f"cannot write to {folder}: {error.strerror}") from error
    return [folder / name for name in files]


def _consistent(api: Api, view: ModelView) -> tuple[bytes, ModelView]:
    """Parameters whose hash is the model's; a training may publish new ones between two calls."""
    for _ in range(5):
        params = api.params(view.id)
        if hashlib.sha256(params).hexdigest() == view.params_sha256:
            return params, view
        view = api.model(view.id)
    raise CommandError("the parameters do not match their hash", code="bad_params")
