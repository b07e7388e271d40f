"""Models that cannot become robots: each is refused in one sentence that says what to do."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid
from tabrl.robot_import import importing
from tabrl.robot_import.importing import import_robot
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.output import meshes
from tests.support.models.arm import arm
from tests.support.models.dog import LEGS, Dog
from tests.support.models.urdf import BOX, arm_urdf, converted, urdf

Broken = Callable[[Path], Path]


def dog(changed: Dog, old: str = "", new: str = "") -> Broken:
    def write(folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        text = changed.xml()
        assert old in text
        (folder / "stray.xml").write_text(text.replace(old, new) if old else text)
        return folder

    return write


def nothing(folder: Path) -> Path:
    return folder / "nowhere"


def empty(folder: Path) -> Path:
    return folder


def notes_only(folder: Path) -> Path:
    (folder / "build.xml").write_text("<project/>")
    return folder


def broken_xml(folder: Path) -> Path:
    (folder / "stray.xml").write_text(Dog().xml().replace("</worldbody>", ""))
    return folder


def limping(folder: Path) -> Path:
    """One knee is bent more than the others."""
    text = Dog().xml()
    angles = f"{Dog().home[0]} {Dog().home[1]}"
    (folder / "stray.xml").write_text(text.replace(f'{angles}"', '0.9 -1.7"'))
    assert angles in text
    return folder


def two_models(folder: Path) -> Path:
    Dog().write(folder, "one.xml")
    return Dog().write(folder, "two.xml")


def missing_include(folder: Path) -> Path:
    return Dog(head='<include file="colours.xml"/>').write(folder)


def missing_mesh(folder: Path) -> Path:
    head = '<compiler meshdir="meshes"/><asset><mesh name="hull" file="hull.stl"/></asset>'
    return Dog(head=head, trunk='<geom type="mesh" mesh="hull"/>').write(folder)


def fused(folder: Path) -> Path:
    return converted(urdf(folder / "package"), folder / "saved", fused=True)


def statue(folder: Path) -> Path:
    text = '<mujoco><worldbody><body><geom size="0.1"/></body></worldbody></mujoco>'
    (folder / "statue.xml").write_text(text)
    return folder


def without_actuators(folder: Path) -> Path:
    text = re.sub("<actuator>.*</actuator>", "", Dog().xml(), flags=re.DOTALL)
    (folder / "stray.xml").write_text(text)
    return folder


def two_arms(folder: Path) -> Path:
    place = arm(folder / "lever")
    tree = ET.parse(place / "lever.xml")
    turret = next(body for body in tree.iter("body") if body.get("name") == "turret")
    other = copy.deepcopy(turret.find("body"))
    assert other is not None
    for element in other.iter():
        if "name" in element.attrib:
            element.set("name", f"other_{element.get('name')}")
    turret.append(other)
    tree.write(place / "lever.xml")
    return place


def two_arms_on_a_slab(folder: Path) -> Path:
    """What they stand on is in the floor; their ends are not."""
    place = two_arms(folder)
    text = (place / "lever.xml").read_text()
    slab = '<body name="stand" pos="0 0 0.1"><geom type="box" size="0.4 0.4 0.1" pos="0 0 -0.1"/>'
    before = '<body name="stand" pos="0 0 0.1">'
    assert before in text
    (place / "lever.xml").write_text(text.replace(before, slab))
    return place


def fixed_biped(folder: Path) -> Path:
    """Two legs that end on the floor."""
    legs = (("l", 0.0, 0.1), ("r", 0.0, -0.1))
    return Dog(legs=legs, root="", height=0.3, key=None, home=(0.0, 0.0)).write(folder)


def limp_arm(folder: Path) -> Path:
    place = arm(folder / "lever")
    text = (place / "lever.xml").read_text().replace('kp="300" kv="30"', 'kp="5" kv="1"')
    (place / "lever.xml").write_text(text)
    return place


def without_shapes(folder: Path) -> Path:
    """A URDF of links that have inertia and nothing else."""
    return arm_urdf(folder / "lever.urdf")


def unreadable_looks(folder: Path) -> Path:
    """Only the base has a shape, which does not move."""
    look = '<visual><geometry><mesh filename="link.dae"/></geometry></visual>'
    return arm_urdf(folder / "lever.urdf", look, base=BOX)


def low_arm(folder: Path) -> Path:
    """Its first link is so flat and wide that the sphere it becomes is in the table."""
    place = arm(folder / "lever")
    text = (place / "lever.xml").read_text().replace('size="0.06 0.05"', 'size="0.3 0.02"')
    (place / "lever.xml").write_text(text)
    return place


def dipping_arm(folder: Path) -> Path:
    """Only its tool is in the table, and deep."""
    place = arm(folder / "lever")
    text = (place / "lever.xml").read_text().replace('qpos="0.2 -0.5 0.8', 'qpos="0.2 0.5 1.2')
    (place / "lever.xml").write_text(text)
    return place


def pan_and_tilt(folder: Path) -> Path:
    """The tool is where both axes meet."""
    (folder / "head.xml").write_text(
        '<mujoco><worldbody><body name="stand"><body name="pan" pos="0 0 1">'
        '<joint name="pan" axis="0 0 1" range="-90 90"/><geom size="0.05"/><body name="tilt">'
        '<joint name="tilt" axis="0 1 0" range="-90 90"/><geom size="0.05"/><site name="tcp"/>'
        "</body></body></body></worldbody></mujoco>"
    )
    return folder


def unmade(folder: Path) -> Path:
    (folder / "urdf").mkdir()
    (folder / "urdf/stray.urdf.xacro").write_text("<robot/>")
    return folder


def picture(folder: Path) -> Path:
    """A file that is no model at all."""
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    return folder / "photo.png"


def foreign_letters(folder: Path) -> Path:
    (folder / "stray.xml").write_bytes(b'<?xml version="1.0" encoding="martian"?><mujoco/>')
    return folder


def cart(folder: Path) -> Path:
    """A pole on a cart, which slides."""
    file = arm(folder / "lever") / "lever.xml"
    file.write_text(
        file.read_text().replace('<joint name="turn"', '<joint name="turn" type="slide"')
    )
    return file


def drone(folder: Path) -> Path:
    text = '<mujoco><worldbody><body><freejoint/><geom size="0.1"/></body></worldbody></mujoco>'
    (folder / "drone.xml").write_text(text)
    return folder


LINKED = '<equality><connect body1="nose_l_lower" body2="nose_r_lower" anchor="0 0 0"/></equality>'
BALL = '<body pos="1 0 1"><freejoint/><geom size="0.1"/></body><body name="chassis"'

CASES: tuple[tuple[str, Broken, str], ...] = (
    ("no folder", nothing, "name the folder that holds the robot's model"),
    ("empty", empty, "holds no MJCF or URDF: put the robot's model there"),
    ("other XML", notes_only, "holds no MJCF or URDF: put the robot's model there"),
    ("broken XML", broken_xml, "stray.xml is not XML: mend it (mismatched tag"),
    ("two models", two_models, "choose one with --model, of one.xml, two.xml"),
    ("missing include", missing_include, "the file colours.xml that stray.xml names is missing"),
    ("missing mesh", missing_mesh, "hull.stl that stray.xml names is missing"),
    ("an attribute", dog(Dog(), 'name="hull"', 'nam="hull"'), "cannot compile stray.xml, mend it"),
    ("a statue", statue, "has no joints"),
    ("a ball beside it", dog(Dog(), '<body name="chassis"', BALL), "take out all but the robot"),
    ("a fixed trunk", dog(Dog(root="")), "give the root body a <freejoint/>, or say --floating"),
    ("a fused trunk", fused, 'convert it again with <mujoco><compiler fusestatic="false"/>'),
    ("lying", dog(Dog(home=(2.4, -1.0))), "the trunk itself lies on the floor"),
    ("limping", limping, "the body nose_r_lower is"),
    ("out of range", dog(Dog(home=(0.8, -2.7))), "the joint back_l_knee is at -2.7 rad, outside"),
    ("upside down", dog(Dog(), "0.4 1 0 0 0", "0.4 0 1 0 0"), "the root body is not upright"),
    ("one leg longer", dog(Dog(legs=LEGS[:1])), "legs are 2 or more chains of their own"),
    ("motors", dog(Dog(kind="motor", gains="")), "is a motor that takes torques"),
    ("speeds", dog(Dog(kind="velocity", gains='kv="2"')), "is a velocity actuator"),
    ("no actuators", without_actuators, "nothing drives the joint back_l_thigh"),
    ("two servos", dog(Dog(tail='<actuator><position joint="back_l_knee" kp="3"/></actuator>')),
     "several actuators"),
    ("slides", dog(Dog(home=(0.0, -0.05)), '_knee" axis="0 1 0"', '_knee" type="slide"'),
     "the joint back_l_knee is no hinge"),
    ("two joints", dog(Dog(key=None), '<joint name="nose_l_knee"',
                       '<joint name="twist" axis="0 0 1" range="-1 1"/><joint name="nose_l_knee"'),
     "turns on 2 joints: give each joint a body of its own"),
    ("a loop", dog(Dog(tail=LINKED)), "ties limbs together"),
    ("too weak", dog(Dog(gains='kp="3" kv="0.1"')), "does not stand at home, it falls after"),
    ("too stiff", dog(Dog(gains='kp="20000"')), "lower the stiffness of"),
    ("xacro", unmade, "make a URDF of stray.urdf.xacro with ROS's program xacro"),
    ("a picture", picture, "photo.png is not XML: mend it"),
    ("an encoding", foreign_letters, "stray.xml is not XML: mend it (unknown encoding"),
    ("no number as a mass", dog(Dog(), 'mass="6"', 'mass="nan"'), "has NaN where a number"),
    ("no number in a mass", dog(Dog(), '0 0 -0.2" mass="0.05"', '0 0 nan" mass="0.05"'),
     "stray.xml has NaN where a number belongs"),
    ("an endless place", dog(Dog(), 'pos="-0.2 0.1 0"', 'pos="inf 0.1 0"'), "as a body's place"),
    ("an endless range", dog(Dog(), 'range="-2.6 0.1"', 'range="-inf inf"'), "as a joint's range"),
    ("no number at home", dog(Dog(), 'qpos="0.3 -0.2', 'qpos="inf -0.2'), "at home something is"),
    ("a cart", cart, "no more than 0 hinges in a row hang on the fixed root"),
    ("a drone", drone, "the trunk itself lies on the floor"),
    ("two arms", two_arms, "say with --tool which of them"),
    ("an arm without shapes", without_shapes, "nothing that the arm moves has a shape: give its"),
    ("an arm with nothing read", unreadable_looks, "nothing that the arm moves has a shape"),
    ("an arm in its table", low_arm,
     "the body turret reaches down to -100 mm and touches the table, which is at 0: raise the "
     "arm's base by 102 mm or more"),
    ("an arm that digs", dipping_arm, "at home the body wrist reaches down to -"),
    ("a head", pan_and_tilt, "the site tcp is on the axes of all joints after the first"),
    ("two arms on a slab", two_arms_on_a_slab, "say with --tool which of them"),
    ("a fixed trunk on two legs", fixed_biped, "give the root body a <freejoint/>"),
    ("a limp arm", limp_arm, "home is not held: the joint lift ends"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "reason"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)  # fmt: skip
def test_a_broken_model_is_refused_with_what_to_do(
    tmp_path: Path, broken: Broken, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where MuJoCo would write what it warns of
    place = broken(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Invalid) as refused:
        import_robot(ImportOptions(place))
    message = refused.value.message
    assert reason in message
    assert refused.value.code == "cannot_import"
    assert "\n" not in message
    assert len(message) < 330
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_must_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    with pytest.raises(Invalid, match=r"cannot be read \(Permission denied\): name a folder"):
        import_robot(ImportOptions(tmp_path))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("survey_tool", "finding its limbs failed unexpectedly (IndexError: too many indices)"),
        ("hold_home", "holding its home pose failed unexpectedly"),
        ("meshes_of", "making its meshes failed unexpectedly"),
    ],
)
def test_what_nobody_foresaw_is_refused_with_the_step_in_which_it_came_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, words: str
) -> None:
    unforeseen = IndexError("too many\nindices")

    def broken(*_: object, **__: object) -> None:
        raise unforeseen

    home = meshes if part == "meshes_of" else importing
    monkeypatch.setattr(home, part, broken)
    with pytest.raises(Invalid) as refused:
        import_robot(ImportOptions(arm(tmp_path / "lever")))
    assert words in refused.value.message
    assert refused.value.code == "cannot_import"
    assert refused.value.__cause__ is unforeseen


def test_what_stays_between_held_parts_ties_no_limb(tmp_path: Path) -> None:
    """Two fingers of a hand are linked to each other; both go with the arm."""
    file = arm(tmp_path / "lever", gripper=True) / "lever.xml"
    linked = '<equality><{} body1="{}" body2="finger_r" anchor="0 0 0"/></equality></mujoco>'
    text = file.read_text()
    file.write_text(text.replace("</mujoco>", linked.format("connect", "finger_l")))
    assert "constraints between what is held are left out (1)" in (
        import_robot(ImportOptions(file)).report.notes
    )
    file.write_text(text.replace("</mujoco>", linked.format("connect", "boom")))
    with pytest.raises(Invalid, match="ties limbs together"):
        import_robot(ImportOptions(file))
