"""The policy as all but the trainer see it: a file of parameters and a numpy forward pass."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from safetensors import SafetensorError
from safetensors.numpy import load, save

from tabrl.contracts.ground import FLAT, GroundField
from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.embodiment import Embodiment
from tabrl.control.staged_commands import Commands, StagedCommands
from tabrl.domain.errors import Invalid

OBSERVATION_VERSION = 3
FORMAT = "tabrl-policy/1"
States = NDArray[np.floating]


@dataclass(frozen=True)
class Layer:
    """One dense layer: `kernel [in, out]`, `bias [out]`."""

    kernel: Floats
    bias: Floats


@dataclass(frozen=True)
class PolicyWeights:
    """Observation normaliser `mean, std [no]` and the actor's layers; swish between them."""

    mean: Floats
    std: Floats
    layers: tuple[Layer, ...]

    def act(self, observation: Floats) -> Floats:
        """The deterministic action `[B, nu]` for `observation [B, no]`."""
        x: Floats = (observation - self.mean) / self.std
        with np.errstate(over="ignore"):  # the swish of what is far below zero is zero
            for layer in self.layers[:-1]:
                x = x @ layer.kernel
                x += layer.bias
                x /= np.float32(1.0) + np.exp(-x)
        return x @ self.layers[-1].kernel + self.layers[-1].bias


class PolicyHeader(BaseModel):
    """What a params file says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = FORMAT
    robot: str
    scene_sha256: str
    program: ScheduleDocument  # the schedule; the key is that of the first version
    step: int = 0
    ground: GroundField = FLAT
    observation_version: int = OBSERVATION_VERSION


class Policy:
    """A loaded params file: raw state in, actuator targets out."""

    def __init__(
        self, header: PolicyHeader, weights: PolicyWeights, embodiment: Embodiment
    ) -> None:
        """Raises `Invalid` (`bad_params`, `bad_schedule`) if these do not fit together."""
        if not _fits(embodiment, weights):
            raise Invalid("the params file's tensors do not fit together", code="bad_params")
        self.header = header
        self.weights = weights
        self.schedule: CommandSchedule = header.program.schedule(embodiment.commands)
        self.embodiment = embodiment
        batch = StagedCommands if self.schedule.later else CommandBatch
        # In double precision as the clock: a frequency off by 1e-7 is a phase off over minutes.
        self.commands: Commands = batch.stack([self.schedule], np.float64)

    def control(
        self, time: States, qpos: States, qvel: States, ctrl: States
    ) -> tuple[Floats, Floats]:
        """Action and actuator targets `[B, nu]` for the raw MuJoCo states of B robots.

        `time [B]` s since the reset, `qpos [B, nq]`, `qvel [B, nv]`, `ctrl [B, nu]`, best in double
        precision: a clock in single precision drifts over hours. What of the root's place and speed
        is not known is not a number.
        """
        embodiment = self.embodiment
        observation = embodiment.observe(time, qpos, qvel, ctrl, self.commands)
        action = self.weights.act(observation)
        return action, embodiment.joints.aimed(action, qpos, qvel, last=ctrl)


def dump_policy(header: PolicyHeader, weights: PolicyWeights) -> bytes:
    """A params file: safetensors with the header as JSON metadata."""
    tensors = {"normalizer/mean": weights.mean, "normalizer/std": weights.std}
    for i, layer in enumerate(weights.layers):
        tensors[f"policy/{i}/kernel"] = layer.kernel
        tensors[f"policy/{i}/bias"] = layer.bias
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # One entry only: the library writes several in random order, and equal policies must be equal
    # files, down to their hash.
    return save(contiguous, {"header": header.model_dump_json()})


def read_policy(data: bytes) -> tuple[PolicyHeader, PolicyWeights]:
    """Read a params file. Raises `Invalid` (code `bad_params`) if it is not one we can run."""
    try:
        tensors = load(data)
        size = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + size]).get("__metadata__", {})
        header = PolicyHeader.model_validate_json(metadata.get("header", "{}"))
    except (SafetensorError, ValueError, AttributeError) as error:
        raise Invalid("this is not a readable params file", code="bad_params") from error
    if header.format != FORMAT or header.observation_version != OBSERVATION_VERSION:
        raise Invalid(
            f"these parameters are for observation {header.observation_version}, "
            f"this version of TabRL has observation {OBSERVATION_VERSION}",
            code="bad_params",
            hint="start the same candidate again: its training makes parameters for this version",
        )
    count = sum(name.endswith("/kernel") for name in tensors)
    try:
        layers = tuple(
            Layer(tensors[f"policy/{i}/kernel"], tensors[f"policy/{i}/bias"]) for i in range(count)
        )
        weights = PolicyWeights(tensors["normalizer/mean"], tensors["normalizer/std"], layers)
    except KeyError as error:
        raise Invalid("the params file lacks a tensor", code="bad_params") from error
    return header, weights


def _fits(embodiment: Embodiment, weights: PolicyWeights) -> bool:
    """Whether the layers lead from the robot's observation to its action, in single precision."""
    width = len(embodiment.observation)
    arrays = [weights.mean, weights.std]
    shapes: list[tuple[int, ...]] = [(width,), (width,)]
    for layer in weights.layers:
        arrays += [layer.kernel, layer.bias]
        shapes += [(width, layer.bias.size), (layer.bias.size,)]
        width = layer.bias.size
    fitting = all(
        array.shape == shape and array.dtype == np.float32
        for array, shape in zip(arrays, shapes, strict=True)
    )
    return fitting and width == embodiment.robot.nu
