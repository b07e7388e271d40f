"""What the student adds to a policy that must know its speed: an estimate from what it sensed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from .messages import Array
from .settings import SettingsError


class Student:
    """Estimates the linear velocity in the robot's frame, m/s, from the last observations.

    The file is one of safetensors: `mean`, `std` of the input, and layers `N/kernel`, `N/bias` with
    swish between them; its header says which columns of the observation are looked at.
    """

    def __init__(self, header: dict[str, Any], tensors: dict[str, Array]) -> None:
        self._columns = np.array(header["columns"])
        self._frames = int(header["frames"])
        self._tensors = tensors
        self._depth = sum(name.endswith("kernel") for name in tensors)
        self._seen: list[Array] = []

    @classmethod
    def load(cls, path: Path, policy: Path) -> Student:
        """Read the student of a policy's file. Raises `SettingsError` if it is another one's."""
        data = path.read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        index = json.loads(data[8:start])
        header = json.loads(index.pop("__metadata__")["header"])
        if header["params_sha256"] != hashlib.sha256(policy.read_bytes()).hexdigest():
            raise SettingsError(f"{path.name} was taught by another policy: make its own")
        tensors = {
            name: np.frombuffer(data[start:][slice(*one["data_offsets"])], "<f4").reshape(
                one["shape"]
            )
            for name, one in index.items()
        }
        return cls(header, tensors)

    def begin(self) -> None:
        """Forget what was seen."""
        self._seen = []

    def velocity(self, observation: Array) -> Array:
        """The estimate `[3]` after one more observation; the first one counts for all before it."""
        now = observation[self._columns]
        self._seen = [*(self._seen or [now] * self._frames), now][-self._frames :]
        x: Array = (np.concatenate(self._seen) - self._tensors["mean"]) / self._tensors["std"]
        for i in range(self._depth):
            x = x @ self._tensors[f"{i}/kernel"] + self._tensors[f"{i}/bias"]
            if i < self._depth - 1:
                x = x / (1.0 + np.exp(-x))
        return x
