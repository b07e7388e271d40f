"""`python -m bench.exports`: the ONNX model and the numpy program against what inference serves.

For every robot its pretrained policy follows schedules of every kind and all recipes of its motion
library; differences of the targets in rad. Exit code 0 only if none is larger than 1e-5.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from bench.exports.schedules import every_kind, recipes
from bench.exports.states import States, some_states

from tabrl.control.command_schedule import ScheduleDocument
from tabrl.control.policy import dump_policy, read_policy
from tabrl.export.exportable import Exportable, Files
from tabrl.export.numpy_program import numpy_program
from tabrl.robots import Robot, list_robots, scene_xml
from tabrl_exporter.onnx_format import onnx_model
from tabrl_trainer.pretrained import load_pretrained

ALLOWED = 1e-5  # rad
SECONDS = 120.0  # of the clock
PROGRAM_ROWS = 12  # of each schedule: the numpy program takes one robot at a time


@dataclass(frozen=True)
class Row:
    """One robot's differences, rad."""

    robot: str
    schedules: int
    states: int
    onnx: float
    onnx_at: str
    onnx_median: float
    numpy: float
    nodes_kb: int

    def __str__(self) -> str:
        return (
            f"| {self.robot} | {self.schedules} | {self.states:,} | {self.onnx:.1e} "
            f"({self.onnx_at}) | {self.onnx_median:.1e} | {self.numpy:.1e} | {self.nodes_kb} kB |"
        )


HEADER = (
    "| robot | schedules | states | ONNX: largest | median | numpy program: largest | file |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def measure(robot: Robot, states: int, seed: int) -> Row:
    """Compare both formats with the service's controller."""
    rng = np.random.default_rng(seed)
    header, weights = read_policy(load_pretrained(robot.id).policy)
    named = [*every_kind(robot, rng), *recipes(robot)]
    each = -(-states // len(named))
    differences: dict[str, np.ndarray] = {}
    numpy, size = 0.0, 0
    for name, schedule in named:
        program = ScheduleDocument.of(schedule)
        params = dump_policy(header.model_copy(update={"program": program}), weights)
        model = Exportable("mdl_bench", 1, header.step, robot, params, scene_xml(robot.id))
        state = some_states(model.embodiment, each, rng, SECONDS)
        _, wanted = model.policy.control(*state)
        files = onnx_model(model)
        size = max(size, len(files["policy.onnx"]))
        differences[name] = np.abs(run_onnx(files["policy.onnx"], state) - wanted).max(1)
        some = States(*(part[:PROGRAM_ROWS] for part in state))
        found = run_numpy(numpy_program(model), some)
        numpy = max(numpy, float(np.abs(found - wanted[:PROGRAM_ROWS]).max()))
    worst = max(differences, key=lambda name: float(differences[name].max()))
    every = np.concatenate([*differences.values()])
    return Row(
        robot.id, len(named), len(every), float(every.max()), worst, float(np.median(every)),
        numpy, size // 1024,
    )  # fmt: skip


def run_onnx(data: bytes, state: States) -> np.ndarray:
    """Targets `[B, nu]` of an ONNX model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    targets: np.ndarray = session.run(["targets"], state._asdict())[0]
    return targets


def run_numpy(files: Files, state: States) -> np.ndarray:
    """Targets `[B, nu]` of a numpy program."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        control = runpy.run_path(str(Path(folder) / "run_policy.py"))["control"]
        return np.array([control(*one) for one in zip(*state, strict=True)])


def main() -> int:
    """Print a row for every robot that has a pretrained policy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=10_000, help="of each robot, at least")
    parser.add_argument("--robot", help="only this one")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(HEADER)
    rows = []
    for robot in list_robots():
        if options.robot in (None, robot.id):
            rows.append(measure(robot, options.states, options.seed))
            print(rows[-1], flush=True)
    return 0 if all(max(row.onnx, row.numpy) <= ALLOWED for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
