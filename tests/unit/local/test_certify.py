"""`tabrl certify`: which policy it measures, in its own process, and what a wrong name says."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import tabrl_local.certify
from tests.support.robots import ROBOTS

CODE = 3
STAND_IN = f"""
import json, sys
from pathlib import Path
policy = Path(sys.argv[1])
data = policy.read_text() if policy.is_file() else None
Path(__file__).with_name("asked.json").write_text(json.dumps([*sys.argv[1:], data]))
raise SystemExit({CODE})
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stand-in for the trainer's measurement writes what it was asked for."""
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setattr(tabrl_local.certify, "MODULE", "stand_in")
    return tmp_path / "asked.json"


def test_the_trainer_has_what_is_run() -> None:
    assert find_spec(tabrl_local.certify.MODULE) is not None


def test_a_robot_is_measured_by_its_name(tabrl: Any, api: Any, asked: Path) -> None:
    assert tabrl("certify", "go1")[0] == CODE
    assert json.loads(asked.read_text()) == ["go1", None]
    assert api.requests == []


def test_a_model_is_measured_from_its_params_file(tabrl: Any, api: Any, asked: Path) -> None:
    api.blobs["/api/models/mdl_1/params"] = b"its parameters"
    assert tabrl("certify", "mdl_1", "--json")[0] == CODE
    path, option, data = json.loads(asked.read_text())
    assert (option, data) == ("--json", "its parameters")
    assert not Path(path).exists(), "nothing is left behind"


@pytest.mark.parametrize(("name", "says"), [("go2", "not here"), ("../../etc", "is no id")])
def test_a_wrong_name_says_what_there_is(tabrl: Any, asked: Path, name: str, says: str) -> None:
    code, out, err = tabrl("certify", name)
    assert (code, out) == (1, "")
    assert says in err
    assert "`tabrl jobs`" in err
    assert all(robot.id in err for robot in ROBOTS)
    assert not asked.exists()


def test_other_errors_keep_their_own_advice(tabrl: Any, asked: Path) -> None:
    code, _, err = tabrl("certify", "mdl_1", "--port", "1")
    assert code == 1
    assert "`tabrl up`" in err
    assert not asked.exists()
