"""Grounds as data, and the scenes that are made of them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import mujoco
import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.motion import MotionSpec, Phase
from tabrl.contracts.training import FIRST_VERSION, SPEC_VERSION, TrainSpec
from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import grounds_of
from tabrl.robots import Robot, get_robot, scene_sha256, scene_xml
from tabrl.robots.terrain import LEVELS, STEPS, grid_of, stairs_of
from tests.support.robots import ARMS, LEGGED

BUMPS = Ground(shape="rough", height_m=0.04)


def compiled(robot: Robot) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(scene_xml(robot.id, robot.ground).decode())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shape": "slope"}, "needs an angle_deg"),
        ({"shape": "rough"}, "needs a height_m"),
        ({"angle_deg": 5.0}, "only a slope"),
        ({"height_m": 0.1}, "only bumps and steps"),
        ({"shape": "rough", "height_m": -0.1}, "above 0"),
        ({"shape": "slope", "angle_deg": 5.0, "seed": 2}, "no seed"),
        ({"shape": "slope", "angle_deg": 40.0}, "less than or equal to 25"),
        ({"friction": 0.0}, "greater than or equal to 0.02"),
        ({"gravel": 1}, "not permitted"),
    ],
)
def test_a_ground_that_makes_no_sense_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Ground.model_validate(fields)


def test_flat_ground_is_not_written_down_so_that_earlier_versions_read_it() -> None:
    spec = TrainSpec(
        robot="go1", artifact_sha256="0" * 64, weights={"a": 1.0}, checks=(check(),),
        motion=MotionSpec(phases=(Phase(),)),
    )  # fmt: skip
    assert "ground" not in spec.model_dump_json()
    assert spec.version == FIRST_VERSION
    rough = spec.model_copy(update={"ground": BUMPS})
    assert TrainSpec.model_validate_json(rough.model_dump_json()) == rough
    assert rough.version == SPEC_VERSION  # which a trainer that knows no grounds leaves to others


def check() -> object:
    return {"id": "fast", "quantity": "forward_speed", "statistic": "mean", "at_least": 0.1}


@pytest.mark.parametrize("robot", LEGGED, ids=lambda robot: robot.id)
def test_the_flat_scene_is_the_robots_own_and_every_other_has_a_hash_of_its_own(
    robot: Robot,
) -> None:
    hashes = {scene_sha256(robot.id, one.ground) for one in grounds_of(robot)}
    assert len(hashes) == len(grounds_of(robot)) > 5
    assert scene_xml(robot.id, FLAT) == scene_xml(robot.id)
    scene_xml.cache_clear()
    scene_sha256.cache_clear()
    grid_of.cache_clear()
    assert {scene_sha256(robot.id, one.ground) for one in grounds_of(robot)} == hashes


@pytest.mark.parametrize("robot", LEGGED, ids=lambda robot: robot.id)
def test_only_the_ground_differs(robot: Robot) -> None:
    plain = compiled(robot)
    for one in grounds_of(robot):
        model = compiled(robot.on(one.ground))
        assert (model.nq, model.nu, model.nbody) == (plain.nq, plain.nu, plain.nbody)
        assert np.array_equal(model.body_mass, plain.body_mass)
        assert np.array_equal(model.body_inertia, plain.body_inertia)
        added = model.ngeom - plain.ngeom
        assert (added > 0) == (one.name in ("rough", "upstairs", "downstairs"))
        assert (model.body_geomnum[1:] == plain.body_geomnum[1:]).all()  # what is added is fixed


def test_other_bumps_come_of_another_seed_and_the_same_of_the_same() -> None:
    length = get_robot("go1").characteristic_length
    here, there = grid_of(BUMPS, length), grid_of(BUMPS.model_copy(update={"seed": 1}), length)
    assert here.levels != there.levels
    assert (min(here.levels), max(here.levels)) == (0, LEVELS)
    # Whatever Python, whatever machine: what a policy was trained on must be there for ever.
    assert here.levels[:6] == (59, 88, 61, 54, 40, 84)


def test_ice_is_slippery_wherever_something_touches() -> None:
    robot = get_robot("go1")
    model = compiled(robot.on(Ground(friction=0.15)))
    touching = (model.geom_contype > 0) | (model.geom_conaffinity > 0)
    assert touching.sum() > 10
    assert model.geom_friction[touching, 0] == pytest.approx(0.15)


def test_stairs_lead_up_and_down_again_or_down() -> None:
    up = stairs_of(Ground(shape="steps", height_m=0.05), 0.3)
    down = stairs_of(Ground(shape="steps", height_m=-0.05), 0.3)
    assert up.heights_m[0] == 0.0
    assert down.heights_m[0] == max(up.heights_m) == pytest.approx(0.05 * STEPS)
    for stairs in (up, down):
        rises = np.diff([*stairs.heights_m, 0.0])
        assert np.abs(rises) == pytest.approx(0.05)
        assert (np.diff(stairs.ends_m) > 0.25).all()


@pytest.mark.parametrize("robot", ARMS, ids=lambda robot: robot.id)
def test_an_arm_has_its_table(robot: Robot) -> None:
    assert grounds_of(robot) == ()
    with pytest.raises(Invalid, match="it is fixed") as refused:
        scene_xml(robot.id, BUMPS)
    assert refused.value.code == "bad_ground"


def test_a_scene_is_xml_that_says_no_more_than_it_has_to() -> None:
    scene = scene_xml("go1", Ground(shape="slope", angle_deg=10.0))
    root = ET.fromstring(scene)
    floors = [geom for geom in root.iter("geom") if geom.get("type") == "plane"]
    assert [floor.get("euler") for floor in floors] == ["0 -0.174532925 0"]
