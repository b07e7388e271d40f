"""What the suite must know of an arm: its scene, its tip, and what of it may touch nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import mujoco
import numpy as np
from bench.rotation import Floats
from numpy.typing import NDArray

from tabrl.embodiments.arm.channels import REFERENCE_REACH
from tabrl.robots import Robot, scene_xml


class Tips(NamedTuple):
    """Of all rows of a recording: where the tip is `[T, 3]`, m, the direction that the tool points
    in `[T, 3]`, and whether anything but the tip touches the table, or the arm itself, `[T]`."""

    place: Floats
    axis: Floats
    touches: NDArray[np.bool_]


@dataclass(frozen=True)
class ArmBody:
    """An arm on a table."""

    robot: Robot

    @cached_property
    def model(self) -> mujoco.MjModel:
        """The robot on its table, compiled from the scene as it is written."""
        return mujoco.MjModel.from_xml_string(scene_xml(self.robot.id).decode())

    @cached_property
    def home(self) -> Floats:
        """Where the tip is at home, m."""
        place: Floats = self.tips(self.model.keyframe("home").qpos[None]).place[0]
        return place

    def length(self, amount: float) -> float:
        """Metres of an arm with a reach of 0.85 m, as this one's; three digits."""
        scale = self.robot.characteristic_length / REFERENCE_REACH
        return float(f"{amount * scale:.3g}")

    def tips(self, qpos: Floats) -> Tips:
        """Tip, tool and contacts at the states `[T, nq]`, as MuJoCo has them."""
        model, data = self.model, mujoco.MjData(self.model)
        site = model.site(self.robot.end_effectors[0])
        tool = int(site.bodyid[0])
        # The tip's own shape is the one that ends there.
        ends = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] == tool
                and model.geom_conaffinity[geom]]  # fmt: skip
        tip = max(ends, key=lambda geom: float(model.geom_pos[geom][2]))
        count = len(qpos)
        place, axis, touches = np.empty((count, 3)), np.empty((count, 3)), np.zeros(count, bool)
        for row, pose in enumerate(qpos):
            data.qpos[:] = pose
            mujoco.mj_fwdPosition(model, data)
            place[row] = data.site_xpos[site.id]
            axis[row] = data.site_xmat[site.id].reshape(3, 3)[:, 2]
            touches[row] = any(_harmful(model, data.contact[n], tip) for n in range(data.ncon))
        return Tips(place, axis, touches)


def _harmful(model: mujoco.MjModel, contact: mujoco.MjContact, tip: int) -> bool:
    """Whether a contact is another one than that of the tip with the table."""
    bodies = [int(model.geom_bodyid[geom]) for geom in contact.geom]
    return contact.dist < 0.0 and not (tip in contact.geom and 0 in bodies)
