"""What is written moves as the model does, whatever was merged, moved or held."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.robot_import.importing import Imported, import_robot
from tabrl.robot_import.options import ImportOptions
from tests.support.models.dog import WELDED_FOOT, Dog

TAIL = """
<body name="tail" pos="-0.25 0 0.05"><joint name="wag" axis="0 0 1" range="-1 1"/>
  <geom type="capsule" fromto="0 0 0 -0.1 0 0.05" size="0.01" mass="0.2"/>
  <body name="tip" pos="-0.1 0 0.05"><joint name="slip" type="slide" axis="1 0 0" range="0 0.1"/>
    <geom type="sphere" size="0.02" mass="0.1"/></body></body>
"""


def plain() -> str:
    return Dog().xml()


def welded() -> str:
    return Dog(foot=WELDED_FOOT).xml()


def with_a_held_tail() -> str:
    text = Dog(more=TAIL).xml()
    return text.replace(f'{Dog().home[1]}"', f'{Dog().home[1]} 0.4 0.05"')


def joints_beside_their_origins() -> str:
    return Dog().xml().replace('_knee" axis', '_knee" pos="0.01 0 -0.015" axis')


def angles_from_elsewhere() -> str:
    return Dog().xml().replace('_knee" axis', '_knee" ref="-0.4" axis')


def turned_frames() -> str:
    text = Dog().xml()
    for leg in ("back_l", "nose_r"):
        text = text.replace(
            f'<body name="{leg}_upper"', f'<body name="{leg}_upper" euler="0 0 0.3"'
        )
    return text


@dataclass(frozen=True, eq=False)
class Both:
    """The stranger's model and ours."""

    source: mujoco.MjModel
    ours: mujoco.MjModel
    imported: Imported

    def states(self, seed: int) -> tuple[mujoco.MjData, mujoco.MjData, list[int]]:
        """Both in the same random state, and where our dofs are among the model's."""
        rng = np.random.default_rng(seed)
        theirs, mine = mujoco.MjData(self.source), mujoco.MjData(self.ours)
        mujoco.mj_resetDataKeyframe(self.source, theirs, 0)
        turn = rng.normal(size=4)
        root = [*rng.normal(size=3), *(turn / np.linalg.norm(turn))]
        theirs.qpos[:7] = mine.qpos[:7] = root
        theirs.qvel[:6] = mine.qvel[:6] = rng.normal(size=6)
        dofs = list(range(6))
        for joint in self.imported.report.joints:
            angle, speed = rng.uniform(*joint.range), rng.normal()
            theirs.joint(joint.name).qpos[0] = mine.joint(joint.name).qpos[0] = angle
            theirs.joint(joint.name).qvel[0] = mine.joint(joint.name).qvel[0] = speed
            dofs.append(int(self.source.joint(joint.name).dofadr[0]))
        mujoco.mj_forward(self.source, theirs)
        mujoco.mj_forward(self.ours, mine)
        return theirs, mine, dofs


@pytest.fixture(
    params=[
        plain, welded, with_a_held_tail, joints_beside_their_origins, angles_from_elsewhere,
        turned_frames,
    ]
)  # fmt: skip
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Both:
    file = tmp_path / "stray.xml"
    file.write_text(request.param())
    imported = import_robot(ImportOptions(file))
    return Both(
        mujoco.MjModel.from_xml_path(str(file)),
        mujoco.MjModel.from_xml_string(imported.files["stray.xml"].decode()),
        imported,
    )


def full_inertia(model: mujoco.MjModel, data: mujoco.MjData) -> np.ndarray:
    full = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, full)
    return full


def test_it_has_the_same_feet_inertia_and_bias_forces(both: Both) -> None:
    for seed in range(3):
        theirs, mine, dofs = both.states(seed)
        for limb in both.imported.report.limbs:
            foot = theirs.geom(f"{limb.name}_ball").xpos
            np.testing.assert_allclose(mine.site(limb.name).xpos, foot, atol=1e-5)
        inertia = full_inertia(both.source, theirs)[np.ix_(dofs, dofs)]
        np.testing.assert_allclose(full_inertia(both.ours, mine), inertia, atol=2e-5)
        np.testing.assert_allclose(mine.qfrc_bias, theirs.qfrc_bias[dofs], atol=2e-4)
        np.testing.assert_allclose(mine.qfrc_passive, theirs.qfrc_passive[dofs], atol=1e-9)


def test_its_home_is_the_keyframe_on_the_floor(both: Both) -> None:
    home = both.ours.keyframe("home")
    np.testing.assert_allclose(home.qpos[:2], 0.0)
    np.testing.assert_allclose(home.qpos[7:], home.ctrl)
    theirs = mujoco.MjData(both.source)
    mujoco.mj_resetDataKeyframe(both.source, theirs, 0)
    for joint, angle in zip(both.imported.report.joints, home.ctrl, strict=True):
        assert angle == pytest.approx(theirs.joint(joint.name).qpos[0], abs=1e-6)


def test_what_is_in_no_limb_is_held_as_at_home(tmp_path: Path) -> None:
    file = tmp_path / "stray.xml"
    file.write_text(with_a_held_tail())
    report = import_robot(ImportOptions(file)).report
    assert report.held_joints == ["wag", "slip"]
    assert report.mass_kg == pytest.approx(mujoco.MjModel.from_xml_path(str(file)).body_mass.sum())
