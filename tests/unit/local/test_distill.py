"""`tabrl distill`: the trainer's command, in its own process."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import tabrl_local.certify

STAND_IN = """
import json, sys
from pathlib import Path
Path(__file__).with_name("asked.json").write_text(json.dumps(sys.argv[1:]))
raise SystemExit(4)
"""


def test_the_trainer_teaches(
    tabrl: Any, api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_spec(tabrl_local.certify.STUDENTS) is not None
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setattr(tabrl_local.certify, "STUDENTS", "stand_in")
    assert tabrl("distill", "go1", "student.st", "--anyway")[0] == 4
    asked = json.loads((tmp_path / "asked.json").read_text())
    assert asked == ["go1", "student.st", "--anyway"]
