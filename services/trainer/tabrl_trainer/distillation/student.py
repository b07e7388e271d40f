"""A student, and the policy that listens to it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Int
from safetensors.numpy import save

from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import PolicyWeights
from tabrl.domain.errors import Invalid

FRAMES = 15  # of 20 ms: a stride and a half of a quick trot has 15 to 20 of them
FORMAT = "tabrl-student/1"


@dataclass(frozen=True)
class Columns:
    """Where in an observation lies what a student reads (`seen`) and says (`estimated`), the flag
    that says that it is known, and what a real robot does not know either (`without`)."""

    seen: Int[np.ndarray, " s"]
    estimated: slice
    known: int
    without: Int[np.ndarray, " w"]

    @classmethod
    def of(cls, embodiment: Embodiment) -> Self:
        """Of a robot. Raises `Invalid` (code `all_sensed`) for kinds that sense all they need."""
        unsensed, observation = embodiment.unsensed, embodiment.observation
        if unsensed is None:
            raise Invalid(
                f"{embodiment.robot.name} senses all that its policy sees: it needs no student",
                code="all_sensed",
            )
        every = np.arange(len(observation))

        def columns(names: tuple[str, ...]) -> Int[np.ndarray, " n"]:
            return np.concatenate([every[observation[name]] for name in names])

        return cls(
            columns(unsensed.seen),
            observation[unsensed.segment],
            observation.column(unsensed.known),
            columns(unsensed.without),
        )

    @property
    def size(self) -> int:
        """How many numbers are estimated."""
        return int(self.estimated.stop - self.estimated.start)

    def told(
        self, observation: Float[np.ndarray, "B no"], estimate: Float[np.ndarray, "B e"]
    ) -> Float[np.ndarray, "B no"]:
        """The observation of robots that are told an estimate."""
        told = observation.copy()
        told[:, self.without] = 0.0
        told[:, self.estimated] = estimate
        told[:, self.known] = 1.0
        return told


@dataclass(frozen=True)
class Student:
    """Reads the last `frames` of the columns that are seen, oldest first: `[B, frames * s]`."""

    weights: PolicyWeights
    columns: Columns
    frames: int = FRAMES

    def dump(self, params: bytes) -> bytes:
        """The student's file (safetensors), for a policy's params file."""
        tensors = {"mean": self.weights.mean, "std": self.weights.std}
        for i, layer in enumerate(self.weights.layers):
            tensors[f"{i}/kernel"], tensors[f"{i}/bias"] = layer.kernel, layer.bias
        header = {
            "format": FORMAT,
            "params_sha256": hashlib.sha256(params).hexdigest(),
            "columns": self.columns.seen.tolist(),
            "frames": self.frames,
        }
        contiguous = {name: np.ascontiguousarray(one) for name, one in tensors.items()}
        return save(contiguous, {"header": json.dumps(header)})


class StudentPolicy:
    """A policy of robots that sense no speed: the teacher, told what its student estimates.

    `knowing` robots (a share, the first ones) are told the truth instead, which the observation
    must then hold: so the first states are gathered.
    """

    def __init__(self, teacher: PolicyWeights, student: Student, knowing: float = 0.0) -> None:
        self._teacher, self._student, self._share = teacher, student, knowing
        self.begin(0)

    def begin(self, robots: int) -> None:
        """Episodes of so many robots begin: nothing was seen."""
        self._seen: Float[np.ndarray, "B f s"] | None = None
        self._knowing: Bool[np.ndarray, " B"] = np.arange(robots) < self._share * robots

    def __call__(self, observation: Float[np.ndarray, "B no"]) -> Float[np.ndarray, "B nu"]:
        """Actions; the first observation counts for all before it."""
        columns = self._student.columns
        now = observation[:, None, columns.seen]
        if self._seen is None:
            self._seen = np.repeat(now, self._student.frames, axis=1)
        self._seen = np.concatenate([self._seen[:, 1:], now], axis=1)
        estimate = self._student.weights.act(self._seen.reshape(len(observation), -1))
        truth = observation[:, columns.estimated]
        told = np.where(self._knowing[:, None], truth, estimate)
        return self._teacher.act(columns.told(observation, told))
