"""Folders of robots of one's own: found in any order, wrong ones refused by name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid, NotFound
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import get_robot, list_robots, refused_robots, robot_folder
from tabrl.robots.registry import ROBOTS_VARIABLE, forget
from tests.support.robots import PACKAGED

TEMPLATE = PACKAGED[0]


class Folder:
    """A copy of a robot's folder under another id."""

    def __init__(self, root: Path, robot_id: str) -> None:
        self.path = root / robot_id
        shutil.copytree(str(robot_folder(TEMPLATE.id)), self.path)
        self.edit("robot.toml", f'id = "{TEMPLATE.id}"', f'id = "{robot_id}"')

    @property
    def scene(self) -> str:
        return TEMPLATE.scene

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.path / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of robots beside the project's own."""
    root = tmp_path / "own"
    root.mkdir()
    monkeypatch.setenv(ROBOTS_VARIABLE, str(root))
    forget()
    yield root
    monkeypatch.undo()
    forget()


def looked_up() -> list[str]:
    forget()
    return [robot.id for robot in list_robots()]


def test_a_copied_folder_is_a_robot_of_its_own(own: Path) -> None:
    Folder(own, "rover")
    Folder(own, "aardvark")
    found = looked_up()
    assert {"aardvark", "rover"} <= set(found)
    assert found[0] == TEMPLATE.id  # whatever the copies of its folder are called
    others = found[found.index("aardvark") :]
    assert others == sorted(others)
    assert refused_robots() == ()
    rover = embodiment_of(get_robot("rover"))
    assert rover.observation == embodiment_of(TEMPLATE).observation


def test_a_missing_or_empty_folder_of_robots_harms_nobody(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own / "no_robot").mkdir()
    monkeypatch.setenv(ROBOTS_VARIABLE, f"{own}:{own / 'nowhere'}:")
    assert TEMPLATE.id in looked_up()


def _swapped(folder: Folder) -> None:
    """The first two actuators change places."""
    file = folder.path / folder.scene
    head, _, tail = file.read_text().partition("<actuator>")
    lines = tail.splitlines(keepends=True)
    first, second = [i for i, line in enumerate(lines) if "<position" in line][:2]
    lines[first], lines[second] = lines[second], lines[first]
    file.write_text(f"{head}<actuator>{''.join(lines)}")


def _motors(folder: Folder) -> None:
    file = folder.path / folder.scene
    head, _, tail = file.read_text().partition("<actuator>")
    file.write_text(f"{head}<actuator>{tail.replace('<position', '<motor')}")


def _without_home(folder: Folder) -> None:
    folder.edit(folder.scene, '<key name="home"', '<key name="start"')


def _mesh(folder: Folder) -> None:
    folder.edit(folder.scene, "<worldbody>", '<asset><mesh file="hull.obj"/></asset><worldbody>')


def _present_mesh(folder: Folder) -> None:
    _mesh(folder)
    (folder.path / "hull.obj").write_text("v 0 0 0\n")


def _no_scene(folder: Folder) -> None:
    (folder.path / folder.scene).unlink()


def _broken_xml(folder: Folder) -> None:
    folder.edit(folder.scene, "</worldbody>", "")


def _broken_toml(folder: Folder) -> None:
    (folder.path / "robot.toml").write_text("id = [")


def _unknown_key(folder: Folder) -> None:
    folder.edit("robot.toml", "action_scale = [", "colour = 3\naction_scale = [")


def _other_joint(folder: Folder) -> None:
    name = TEMPLATE.joint_names[0]
    file = folder.path / "robot.toml"
    file.write_text(re.sub(rf'"{name}"', '"no_such_joint"', file.read_text()))


def _no_foot(folder: Folder) -> None:
    foot = TEMPLATE.end_effectors[0]
    folder.edit("robot.toml", f'end_effector = "{foot}"', 'end_effector = "no_such_site"')


def _unknown_kind(folder: Folder) -> None:
    folder.edit("robot.toml", 'embodiment = "legged"', 'embodiment = "winged"')


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_swapped, "actuators are in another order than the scene's joints"),
        (_motors, "is a motor"),
        (_without_home, "home"),
        (_mesh, "mesh file hull.obj is missing"),
        (_present_mesh, "refers to the file hull.obj"),
        (_no_scene, "is missing"),
        (_broken_xml, "not XML"),
        (_broken_toml, "Invalid value"),
        (_unknown_key, "colour"),
        (_other_joint, "no_such_joint"),
        (_no_foot, "no site named 'no_such_site'"),
        (_unknown_kind, "no kind of robot named 'winged'"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_wrong_folder_is_refused_with_its_reason_and_the_rest_stays(
    own: Path, damage: Callable[[Folder], None], reason: str
) -> None:
    Folder(own, "sound")
    damage(Folder(own, "wrong"))
    assert {"sound", *(robot.id for robot in PACKAGED)} <= set(looked_up())
    (refused,) = refused_robots()
    assert refused.folder == "wrong"
    assert reason in refused.reason
    with pytest.raises(Invalid, match="wrong cannot be used") as error:
        get_robot("wrong")
    assert error.value.code == "bad_robot"
    assert reason in error.value.message


def test_of_two_folders_with_one_id_the_first_stays(own: Path) -> None:
    Folder(own, "twin").edit("robot.toml", 'id = "twin"', f'id = "{TEMPLATE.id}"')
    assert TEMPLATE.id in looked_up()
    (refused,) = refused_robots()
    assert "id" in refused.reason
    assert get_robot(TEMPLATE.id) == TEMPLATE


def test_limbs_in_another_order_are_the_same_robot_told_otherwise(own: Path) -> None:
    folder = Folder(own, "reordered")
    file = folder.path / "robot.toml"
    head, *limbs = re.split(r"(?=\[\[limbs\]\])", file.read_text())
    last, rest = limbs[-1].split("\n\n", 1)
    file.write_text("".join([head, f"{last}\n", *limbs[:-1], "\n", rest]))
    looked_up()
    robot = get_robot("reordered")
    moved = (TEMPLATE.end_effectors[-1], *TEMPLATE.end_effectors[:-1])
    assert robot.end_effectors == moved
    assert catalogue_of(robot)["foot_contact"].parts.names == moved
    one, other = embodiment_of(TEMPLATE), embodiment_of(robot)
    qpos = one.home_qpos[None].copy()
    ends = one.skeleton.pose(qpos, qpos[:, : one.nv] * 0).end_position
    again = other.skeleton.pose(qpos, qpos[:, : one.nv] * 0).end_position
    assert (again[0] == ends[0][[-1, *range(len(moved) - 1)]]).all()


def test_a_robot_that_is_not_there_is_unknown(own: Path) -> None:
    with pytest.raises(NotFound):
        get_robot("nobody")
