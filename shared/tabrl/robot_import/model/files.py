"""Which file of a folder is the robot's model."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tabrl.robot_import.names import is_text, one_line
from tabrl.robot_import.refusal import refusal

_SUFFIXES = (".xml", ".mjcf", ".urdf")
_ROOTS = ("mujoco", "robot")
_PREFERRED = ("scene", "robot")
_UNMADE = ".xacro"  # of which a program makes a URDF
_NAMES_SHOWN = 6


@dataclass(frozen=True)
class ModelFile:
    """A model, and others of its folder that could have been meant."""

    path: Path
    others: tuple[str, ...] = ()

    @property
    def urdf(self) -> bool:
        """Whether it is a URDF."""
        return _root_of(self.path).tag == "robot"


def find_model(place: Path, name: str | None = None) -> ModelFile:
    """The model in a folder: the one named, else the one that no other includes.

    Of several, `scene` or the one that is called like the folder. Raises `Invalid`.
    """
    try:
        found = _find(place, name)
    except OSError as error:
        raise refusal(
            f"{error.filename or place} cannot be read ({error.strerror}): name a folder that can"
        ) from None
    if not is_text(str(found.path)):
        raise refusal(
            f"{one_line(str(found.path))} has a name that is no text in UTF-8, which MuJoCo cannot "
            "open: rename the file or its folder"
        )
    return found


def _find(place: Path, name: str | None) -> ModelFile:
    if not place.exists():
        raise refusal(f"there is no {place}: name the folder that holds the robot's model")
    if place.is_file():
        return ModelFile(_checked(place))
    if name is not None:
        if not (place / name).is_file():
            raise refusal(f"there is no {place / name}: name a file of that folder with --model")
        return ModelFile(_checked(place / name))
    found = _models(place)
    wanted = (*_PREFERRED, place.resolve().name)
    chosen = found[:1] if len(found) == 1 else [path for path in found if path.stem in wanted][:1]
    if not chosen:
        raise refusal(
            f"{place} holds several models: choose one with --model, of {_listed(place, found)}"
        )
    others = tuple(_relative(place, path) for path in found if path != chosen[0])
    return ModelFile(chosen[0], others)


def _models(place: Path) -> list[Path]:
    """Models that no other of them includes: of the folder itself, else of those below it."""
    broken: list[str] = []
    models = _read(place, sorted(place.iterdir()), broken)
    models = models or _read(place, sorted(place.glob("*/**/*")), broken)
    if not models and broken:
        raise refusal(broken[0])
    if not models:
        raise refusal(f"{place} holds no MJCF or URDF: {_advice(place)}")
    included = {path for file, root in models.items() for path in _included(file, root)}
    return [path for path in models if path.resolve() not in included] or list(models)


def _read(place: Path, paths: Sequence[Path], broken: list[str]) -> dict[Path, ET.Element]:
    """The models among some files; what is not XML is put into words in `broken`."""
    models = {}
    for path in paths:
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        try:
            root = _root_of(path)
        except ValueError as error:
            broken.append(f"{_relative(place, path)} is not XML: mend it ({error})")
            continue
        if root.tag in _ROOTS:
            models[path] = root
    return models


def _included(file: Path, root: ET.Element) -> Iterator[Path]:
    for element in (*root.iter("include"), *root.iter("model")):
        named = file.parent / element.get("file", "")
        try:
            yield named.resolve()
        except (OSError, RuntimeError):  # a link that leads to itself, which MuJoCo will not find
            continue


def _checked(path: Path) -> Path:
    try:
        tag = _root_of(path).tag
    except ValueError as error:
        raise refusal(f"{path.name} is not XML: mend it ({error})") from None
    if tag not in _ROOTS:
        raise refusal(f"{path.name} is neither an MJCF nor a URDF: name the robot's model")
    return path


def _root_of(path: Path) -> ET.Element:
    """The root element of a file. Raises `ValueError` where there is none."""
    try:
        return ET.parse(path).getroot()
    except (ET.ParseError, LookupError) as error:  # wrong XML, or an encoding nobody knows
        raise ValueError(str(error)) from None


def _advice(place: Path) -> str:
    unmade = [path.name for path in sorted(place.rglob(f"*{_UNMADE}"))[:1]]
    if unmade:
        return f"make a URDF of {unmade[0]} with ROS's program xacro, and name that"
    return "put the robot's model there"


def _listed(place: Path, found: Sequence[Path]) -> str:
    names = [_relative(place, path) for path in found]
    more = ["…"] * (len(names) > _NAMES_SHOWN)
    return ", ".join([*names[:_NAMES_SHOWN], *more])


def _relative(place: Path, path: Path) -> str:
    return str(path.relative_to(place))
