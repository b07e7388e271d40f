"""The base policies that come with the project, and how they get into the object store."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from tabrl.domain.errors import NotFound
from tabrl.ports import BlobStore
from tabrl.robots import list_robots

POLICY, TRAIN_STATE, BANK = "policy.safetensors", "train_state.safetensors", "bank.npz"


@dataclass(frozen=True)
class PretrainedPolicy:
    """A robot's base policy: the params file, the training state behind it, the motion library."""

    policy: bytes
    train_state: bytes
    library: bytes


def shipped_folder(robot_id: str) -> Traversable:
    """Where the files of a robot lie in the package."""
    return files("tabrl_trainer").joinpath("pretrained_policies", robot_id)


def load_pretrained(robot_id: str) -> PretrainedPolicy:
    """Read the files. Raises `NotFound` (code `no_base_policy`)."""
    folder = shipped_folder(robot_id)
    try:
        return PretrainedPolicy(
            *(folder.joinpath(name).read_bytes() for name in (POLICY, TRAIN_STATE, BANK))
        )
    except FileNotFoundError:
        raise NotFound(
            f"there is no base policy for {robot_id}",
            code="no_base_policy",
            hint=f"train one: tabrl-train-base {robot_id}",
        ) from None


def seed_blobs(blobs: BlobStore) -> None:
    """Put every shipped base into the store, replacing those of an older version."""
    for robot in list_robots():
        base = load_pretrained(robot.id)
        _replace(blobs, f"base/{robot.id}/{POLICY}", base.policy)
        _replace(blobs, f"bank/{robot.id}.npz", base.library)


def _replace(blobs: BlobStore, key: str, data: bytes) -> None:
    if blobs.exists(key):
        if blobs.get(key) == data:
            return
        blobs.delete([key])
    blobs.put(key, data)
