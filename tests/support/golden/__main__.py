"""`python -m tests.support.golden`: the golden vectors of every robot that the page can run.

They are made anew for every run of the page's tests, so they are never out of date.
"""

from __future__ import annotations

import json
import shutil

from tabrl.export.web import KINDS
from tabrl.robots import get_robot
from tests.support.golden.grounds import recorded
from tests.support.golden.vectors import ROOT, document
from tests.support.made_up import made_up_params
from tests.support.robots import ROBOTS

FOLDER = ROOT / ".cache" / "golden"
TRAINED = ROOT / "services" / "trainer" / "tabrl_trainer" / "pretrained_policies"


def main() -> None:
    """Write the vectors, each beside the params file that they are of."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "grounds").mkdir(parents=True)
    for robot in (robot for robot in ROBOTS if robot.embodiment in KINDS):
        trained = TRAINED / robot.id / "policy.safetensors"
        params = trained.read_bytes() if trained.exists() else made_up_params(robot)
        (FOLDER / f"{robot.id}.safetensors").write_bytes(params)
        (FOLDER / f"{robot.id}.json").write_text(json.dumps(document(robot, params)))
    grounds = recorded(get_robot("go1"))
    (FOLDER / "grounds" / "grounds.json").write_text(json.dumps(grounds))


if __name__ == "__main__":
    main()
