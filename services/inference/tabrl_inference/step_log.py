"""The step log: every state and action, for tests that compare two simulators."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from tabrl_inference.frames import Dimensions, State


class StepLog(Protocol):
    """Told of every answered state."""

    def write(
        self,
        model_id: str,
        connection: str,
        params_version: int,
        state: State,
        size: Dimensions,
        ctrl: NDArray[np.floating],
    ) -> None:
        """Record one step; `ctrl` `[nu]` is what was answered."""

    def close(self) -> None:
        """Write out what is buffered."""


class NoStepLog:
    """Keeps nothing: the normal case."""

    def write(
        self,
        model_id: str,
        connection: str,
        params_version: int,
        state: State,
        size: Dimensions,
        ctrl: NDArray[np.floating],
    ) -> None:
        """Forget the step."""

    def close(self) -> None:
        """Nothing to write out."""


class JsonlStepLog:
    """One JSON object a line; opened at the first step, and readable while it grows."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._file: TextIO | None = None

    def write(
        self,
        model_id: str,
        connection: str,
        params_version: int,
        state: State,
        size: Dimensions,
        ctrl: NDArray[np.floating],
    ) -> None:
        """Append one step; doubles are written so that they read back bit for bit.

        What the client does not know is null.
        """
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", buffering=1)
        parts = {name: state.row[part].tolist() for name, part in size.parts().items()}
        line = {
            "model_id": model_id,
            "connection": connection,
            "tick": state.tick,
            "params_version": params_version,
            "time": parts["time"][0],
            "qpos": [_or_none(value) for value in parts["qpos"]],
            "qvel": [_or_none(value) for value in parts["qvel"]],
            "ctrl_in": parts["ctrl"],
            "ctrl_out": np.asarray(ctrl, dtype=np.float32).tolist(),
        }
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Close the file, if any step was written."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
