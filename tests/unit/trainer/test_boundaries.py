"""What a trainer may know: identifiers and numbers, never words or code that someone wrote."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

import tabrl_trainer
from tabrl.contracts.training import TrainSpec
from tests.support.factories import CHECK, training
from tests.twins import ManualClock

ROOT = Path(tabrl_trainer.__file__).parent
FORBIDDEN = ("tabrl.adapters.sql.sources", "tabrl.adapters.sql.tasks")
MODULES = sorted(ROOT.rglob("*.py"))
GOOD = {"robot": "toy", "artifact_sha256": "a" * 64, "weights": {"a": 1.0}, "checks": (CHECK,)}


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_reaches_tasks_or_sources(module: Path) -> None:
    names = set(imported(module))
    assert not {name for name in names if name.startswith(FORBIDDEN)}
    assert not {name for name in names if re.search(r"(Task|Source|Candidate)Repository", name)}


def test_the_modules_were_found() -> None:
    assert ROOT / "job.py" in MODULES
    assert "tabrl.adapters.sql.models" in set(imported(ROOT / "bootstrap.py"))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def test_a_specification_is_made_of_identifiers_and_numbers() -> None:
    job, _ = training(ManualClock().now())
    assert job.spec is not None
    written = json.loads(job.spec.model_dump_json())
    for text in strings(written):
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}|[0-9a-f]{64}", text), text
    assert not {"prompt", "idea", "source", "code", "name"} & set(strings(written))


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "trot forward"},
        {"weights": {"import os; os.remove('x')": 1.0}},
        {"weights": {"walk like a cat": 1.0}},
        {"robot": "toy please"},
        {"artifact_sha256": "../../sources"},
        {"checks": ({"id": "say it", "quantity": "height", "statistic": "mean", "at_most": 1},)},
        {"checks": ()},
    ],
)
def test_words_and_code_do_not_fit_into_one(change: dict[str, object]) -> None:
    assert TrainSpec.model_validate(GOOD).robot == "toy"
    with pytest.raises(ValidationError):
        TrainSpec.model_validate({**GOOD, **change})
