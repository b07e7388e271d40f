"""What a URDF tells MuJoCo's compiler, and where its meshes lie."""

from __future__ import annotations

from pathlib import Path

import mujoco
import pytest

from tabrl.domain.errors import Invalid
from tabrl.robot_import.importing import import_robot
from tabrl.robot_import.model.urdf import read_urdf
from tabrl.robot_import.options import ImportOptions
from tests.support.models.dog import CUBE
from tests.support.models.urdf import BOX, arm_urdf

LOOK = '<visual><geometry><mesh filename="{}"/></geometry></visual>'


def settings(**compiler: str) -> str:
    words = " ".join(f'{name}="{value}"' for name, value in compiler.items())
    return f"<mujoco><compiler {words}/></mujoco>"


def compiled(file: Path) -> mujoco.MjModel:
    return read_urdf(file)[0].compile()


def test_what_the_compiler_is_told_stays(tmp_path: Path) -> None:
    """An inertia that no body has is mended where the file says so, else refused."""
    unlike = arm_urdf(tmp_path / "unlike.urdf", BOX, izz=0.9)
    with pytest.raises(Invalid, match="use 'balanceinertia' to fix"):
        import_robot(ImportOptions(unlike, servos=True))
    told = arm_urdf(tmp_path / "t.urdf", BOX, izz=0.9, settings=settings(balanceinertia="true"))
    assert import_robot(ImportOptions(told, servos=True)).report.mass_kg == pytest.approx(1.5 + 0.5)


def test_what_has_to_be_so_is_so_whatever_the_compiler_is_told(tmp_path: Path) -> None:
    told = settings(fusestatic="true", discardvisual="true", strippath="true", boundmass="2")
    (tmp_path / "link.obj").write_text(CUBE)
    file = arm_urdf(tmp_path / "told.urdf", LOOK.format("link.obj") + BOX, settings=told)
    model = compiled(file)
    assert model.nbody == 1 + 4
    assert model.nmesh == 1
    assert model.body_mass[1:].min() == pytest.approx(2.0)


def test_what_the_compiler_warns_of_is_told(tmp_path: Path) -> None:
    """Not written past whoever asked: here warnings are errors."""
    told = arm_urdf(tmp_path / "told.urdf", BOX, settings=settings(settotalmass="3"))
    report = import_robot(ImportOptions(told, servos=True)).report
    assert report.mass_kg == pytest.approx(3.0)
    assert any(note.startswith("MuJoCo warns: compiler attribute 'sett") for note in report.notes)


@pytest.mark.parametrize(
    ("name", "folder", "place"),
    [
        ("arm/link.obj", "../meshes", "meshes/arm/link.obj"),
        ("package://lever/arm/link.obj", "../meshes", "meshes/lever/arm/link.obj"),
        ("package://lever/arm/link.obj", "../meshes", "meshes/link.obj"),
        ("arm/link.obj", ".", "urdf/arm/link.obj"),
    ],
)
@pytest.mark.parametrize("attribute", ["meshdir", "assetdir"])
def test_meshes_lie_where_the_urdf_tells_mujoco(
    tmp_path: Path, name: str, folder: str, place: str, attribute: str
) -> None:
    file = tmp_path / "urdf/lever.urdf"
    told = settings(strippath="false", **{attribute: folder})
    arm_urdf(file, LOOK.format(name), settings=told)
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text(CUBE)
    assert compiled(file).nmesh == 1
