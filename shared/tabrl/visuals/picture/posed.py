"""A robot at home, as the page shows it: bodies by their meshes, else by their primitives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import mujoco
import numpy as np

from tabrl.visuals.picture.primitives import form_of
from tabrl.visuals.picture.triangles import Doubles, Triangles, joined, linear, painted

_LAST_VISIBLE_GROUP = 2  # of MuJoCo's geom groups, as the page has them
_PLAIN = 0.4  # roughness of a primitive


class AtHome(NamedTuple):
    """A robot in its home pose, in the world: all that is seen, and what of it moves."""

    everything: Triangles
    moving: Triangles


def at_home(scene: bytes, meshes: Mapping[str, Triangles]) -> AtHome:
    """What is seen of a robot in its home pose, in the world; if nothing moves, all of it does.

    Args:
        scene: its MJCF.
        meshes: of its bodies, in their frames.

    Raises:
        ValueError: the scene does not compile, or shows nothing.
    """
    model = mujoco.MjModel.from_xml_string(scene.decode())
    data = mujoco.MjData(model)
    if model.nkey:
        mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_kinematics(model, data)
    parts, moving = list[Triangles](), list[Triangles]()
    for body in range(model.nbody):
        own = meshes.get(model.body(body).name)
        if own is not None:
            seen = [own.moved(data.xpos[body], data.xmat[body].reshape(3, 3))]
        else:
            seen = _primitives(model, data, body)
        parts += seen
        moving += seen if model.body_weldid[body] else []
    return AtHome(joined(parts), joined(moving or parts))


def _primitives(model: mujoco.MjModel, data: mujoco.MjData, body: int) -> list[Triangles]:
    found = []
    for geom in np.flatnonzero(model.geom_bodyid == body).tolist():
        form = form_of(int(model.geom_type[geom]), model.geom_size[geom])
        if form is not None and model.geom_group[geom] <= _LAST_VISIBLE_GROUP:
            shape = painted(form, linear(_colour(model, geom)), _PLAIN)
            turn = data.geom_xmat[geom].reshape(3, 3)
            found.append(shape.moved(data.geom_xpos[geom], turn))
    return found


def _colour(model: mujoco.MjModel, geom: int) -> Doubles:
    material = int(model.geom_matid[geom])
    rgba = model.geom_rgba[geom] if material < 0 else model.mat_rgba[material]
    return np.asarray(rgba[:3], np.float64)
