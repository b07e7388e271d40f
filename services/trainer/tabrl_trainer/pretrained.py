"""The pretrained policies that come with the project, and how they get into the object store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from tabrl.adapters.logs import logger
from tabrl.control.command_schedule import ScheduleDocument
from tabrl.control.policy import dump_policy
from tabrl.domain.errors import Invalid, NotFound
from tabrl.domain.models import Model
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.export.robot_constants import robot_constants
from tabrl.ports import BlobStore
from tabrl.robots import list_robots, robot_folder, scene_sha256

POLICY, TRAIN_STATE, BANK = "policy.safetensors", "train_state.safetensors", "bank.npz"
EXAMPLE = "example.json"
OWN_FOLDER = "pretrained"  # within a robot's own folder


@dataclass(frozen=True)
class PretrainedPolicy:
    """A robot's pretrained policy: params file, the training state behind it, motion library."""

    policy: bytes
    train_state: bytes
    library: bytes


class NotTrained(NotFound):
    """A robot has no pretrained policy that fits; the hint holds the command that trains one."""

    def __init__(self, robot_id: str, message: str, code: str) -> None:
        super().__init__(
            message,
            code=code,
            hint=f"train one: tabrl-train-base {robot_id}; or learn from nothing: tier full",
        )


def not_trained(robot_id: str) -> NotTrained:
    """The error of a robot that nobody has trained."""
    return NotTrained(
        robot_id, f"there is no pretrained policy for {robot_id}", code="robot_not_trained"
    )


def packaged_folder(robot_id: str) -> Traversable:
    """Where the package keeps the files of a robot that brings none in its own folder."""
    return files("tabrl_trainer").joinpath("pretrained_policies", robot_id)


def load_pretrained(robot_id: str) -> PretrainedPolicy:
    """Read a robot's pretrained policy, from its own folder first.

    Args:
        robot_id: A robot of the registry.

    Returns:
        The files' contents; the params file is for this robot in its scene as it is.

    Raises:
        NotTrained: There are none (code `robot_not_trained`), or they were made for another robot
            or scene (code `pretrained_policy_mismatch`).
        NotFound: There is no such robot (code `unknown_robot`).
    """
    for folder in (robot_folder(robot_id).joinpath(OWN_FOLDER), packaged_folder(robot_id)):
        if folder.joinpath(POLICY).is_file():
            return _read(robot_id, folder)
    raise not_trained(robot_id)


def _read(robot_id: str, folder: Traversable) -> PretrainedPolicy:
    try:
        found = PretrainedPolicy(
            *(folder.joinpath(name).read_bytes() for name in (POLICY, TRAIN_STATE, BANK))
        )
    except FileNotFoundError as error:
        missing = f"the pretrained policy for {robot_id} lacks a file"
        raise NotTrained(robot_id, missing, code="robot_not_trained") from error
    reason = _mismatch(robot_id, found.policy)
    if reason:
        refused = f"the pretrained policy for {robot_id} is refused: {reason}"
        raise NotTrained(robot_id, refused, code="pretrained_policy_mismatch")
    return found


def _mismatch(robot_id: str, policy: bytes) -> str:
    """Why a params file is not this robot's; empty if it is."""
    try:
        header = load_policy(policy).header
    except Invalid as error:
        return error.message
    if header.robot != robot_id:
        return f"it was trained for {header.robot}"
    if header.scene_sha256 != scene_sha256(robot_id):
        return "it was trained in another version of the robot's scene"
    return ""


def example_policy(robot_id: str, pretrained: bytes) -> bytes | None:
    """The pretrained policy under the schedule written for the robot's first example.

    None where the robot's folder has no such schedule.
    """
    found = robot_folder(robot_id).joinpath(EXAMPLE)
    if not found.is_file():
        return None
    policy = load_policy(pretrained)
    program = ScheduleDocument.model_validate_json(found.read_bytes())
    return dump_policy(policy.header.model_copy(update={"program": program}), policy.weights)


def seed_blobs(blobs: BlobStore) -> tuple[str, ...]:
    """Put every pretrained policy into the store, replacing those of an older version.

    Returns the ids of the robots that have one; the others are skipped, with a line in the log.
    """
    trained = []
    for robot in list_robots():
        try:
            pretrained = load_pretrained(robot.id)
        except NotTrained as error:
            logger.warning("%s: %s; %s", error.code, error.message, error.hint)
            continue
        _replace(blobs, Model.base_params_key(robot.id), pretrained.policy)
        example = example_policy(robot.id, pretrained.policy)
        if example is not None:
            _replace(blobs, Model.example_params_key(robot.id), example)
        _replace(blobs, f"bank/{robot.id}.npz", pretrained.library)
        trained.append(robot.id)
    return tuple(trained)


def seed_constants(blobs: BlobStore) -> None:
    """Put what a controller outside of Python must know of every robot into the store.

    A robot that cannot be built is skipped, with a line in the log.
    """
    for robot in list_robots():
        try:
            constants = robot_constants(embodiment_of(robot))
        except Invalid as error:
            logger.warning("%s: %s; %s", error.code, error.message, error.hint)
            continue
        _replace(blobs, Model.robot_constants_key(robot.id), json.dumps(constants).encode())


def _replace(blobs: BlobStore, key: str, data: bytes) -> None:
    if blobs.exists(key):
        if blobs.get(key) == data:
            return
        blobs.delete([key])
    blobs.put(key, data)
