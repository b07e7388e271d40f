"""`tabrl robots add`: a model becomes a robot's folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tabrl.domain.errors import TabrlError
from tabrl.robot_import.importing import Imported, import_robot
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.output.folder import Writing, write_folder
from tabrl.robots import list_robots, robot_folder
from tabrl.robots.registry import PICTURE, ROBOTS_VARIABLE
from tabrl_local.errors import CommandError


@dataclass(frozen=True)
class Destination:
    """In which folder of robots a new one goes; None: in none, it is only looked at."""

    robots: Path | None
    replace: bool = False

    @classmethod
    def of(cls, into: Path | None, *, replace: bool, dry_run: bool) -> Destination:
        """The folder that was named, else the first of `TABRL_ROBOTS`.

        Raises CommandError if nobody names one.
        """
        own = [part for part in os.environ.get(ROBOTS_VARIABLE, "").split(os.pathsep) if part]
        if dry_run:
            return cls(None)
        if into is None and not own:
            raise CommandError(
                "nobody says where the robot shall be written: name a folder with --into, set "
                f"{ROBOTS_VARIABLE}, or only look with --dry-run",
                code="no_folder",
            )
        return cls((into or Path(own[0])).expanduser(), replace)


@dataclass(frozen=True)
class Written:
    """A robot's folder, and what became of it."""

    folder: Path
    writing: Writing


def read(options: ImportOptions) -> Imported:
    """Everything about a model. Raises CommandError with the reason why it is no robot."""
    try:
        return import_robot(options)
    except TabrlError as error:
        raise CommandError(error.message, hint=error.hint, code=error.code) from error


def write(imported: Imported, destination: Destination) -> Written | None:
    """Write the folder; None where nothing is to be written.

    Raises CommandError if the robot cannot be used, or something would be taken away.
    """
    report = imported.report
    if destination.robots is None:
        return None
    if not report.kind_exists:
        raise CommandError(
            f"nothing is written: this TabRL has no kind of robot named {report.kind} yet, so name "
            "a package of that kind in TABRL_EMBODIMENTS",
            code="no_kind",
        )
    folder = destination.robots / report.id
    for robot in list_robots():
        if (
            robot.id == report.id
            and Path(str(robot_folder(robot.id))).resolve() != folder.resolve()
        ):
            raise CommandError(
                f"there is another robot {report.id} in {robot_folder(robot.id)}: choose an --id",
                code="id_taken",
            )
    try:
        files = {**imported.files, PICTURE: imported.picture()}
        return Written(folder, write_folder(files, folder, replace=destination.replace))
    except TabrlError as error:
        raise CommandError(error.message, hint=error.hint, code=error.code) from error
