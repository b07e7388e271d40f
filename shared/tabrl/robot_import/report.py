"""What was found of a model, for people and programs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LimbReport(_Report):
    """A limb: where it is, its joints from the root on and which way they turn, what ends it."""

    name: str
    place: list[str]
    joints: list[str]
    signs: list[int]
    end: str


class JointReport(_Report):
    """A joint in the scene's order, rad and N·m; `torque` is the largest while home is held."""

    name: str
    home: float
    range: tuple[float, float]
    stiffness: float
    damping: float
    torque_limit: float | None
    torque: float
    sag: float

    @property
    def margin(self) -> float | None:
        """The share of its torque that holding home leaves; None without a limit."""
        return None if self.torque_limit is None else 1.0 - self.torque / self.torque_limit


class ImportReport(_Report):
    """Everything that was found of a robot.

    `length_m` is its characteristic length; `sank_m` and `tilt_rad` how it held its home pose for
    `held_s` seconds, `balanced` if nothing kept it from tipping over; `cost_us` what a control
    step takes a core. `mirrored`: whether left and right are alike, which learning makes use of;
    null where that is not known. `pretrainable`: whether the kind has a curriculum for such robots.
    """

    id: str
    source: str
    others: list[str]
    kind: str
    kind_exists: bool
    mass_kg: float
    length_m: float
    limbs: list[LimbReport]
    joints: list[JointReport]
    held_joints: list[str]
    held_s: float
    sank_m: float
    tilt_rad: float
    balanced: bool
    cost_us: float
    mirrored: bool | None
    without: list[str]
    range_share: dict[str, float]
    pretrainable: bool
    meshes: int
    notes: list[str]

    @property
    def least_margin(self) -> JointReport | None:
        """The joint with the least torque left, of those with a limit."""
        limited = [joint for joint in self.joints if joint.margin is not None]
        return min(limited, key=lambda joint: joint.margin or 0.0, default=None)
