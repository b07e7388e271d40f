"""Which robots a deploy bundle is made for: none that is built moves in a plane."""

from __future__ import annotations

import json

import pytest

from tabrl.control.kinematics import FREE, PLANE
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.export.deploy.bundle import deploy_bundle
from tabrl.export.exportable import Exportable
from tabrl.robots import Robot, scene_xml
from tests.support.made_up import made_up_params


def test_a_robot_floats_only_where_its_root_is_free(robot: Robot) -> None:
    root = embodiment_of(robot).skeleton.root
    model = Exportable("mdl_1", 3, 10, robot, made_up_params(robot), scene_xml(robot.id))
    if root == PLANE:
        with pytest.raises(Invalid, match="moves in a plane") as refused:
            deploy_bundle(model)
        assert refused.value.code == "no_export"
    else:
        hardware = json.loads(deploy_bundle(model)["hardware.json"])
        assert hardware["floating"] == (root == FREE)
