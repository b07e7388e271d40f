"""What of a model its scene has not: said, or refused where limbs need it."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from tabrl.robot_import.model.source import Source
from tabrl.robot_import.refusal import refusal

_GRAVITY, _NEARLY = (0.0, 0.0, -9.81), 0.05  # m/s²


def left_out(source: Source, joints: Sequence[int]) -> list[str]:
    """Notes about what is left out of a robot that moves on some of its joints.

    Raises `Invalid` for constraints between what these move.
    """
    model, notes = source.model, []
    endless = [source.name(joint) for joint in joints if not model.jnt_limited[joint]]
    if endless:
        notes.append(f"joints without a range get half a turn either way: {', '.join(endless)}")
    if any(model.dof_frictionloss[model.jnt_dofadr[joint]] for joint in joints):
        notes.append(
            "dry friction of joints (frictionloss) is left out: it multiplies what a step costs"
        )
    if model.neq:
        _check_constraints(model, joints)
        notes.append(f"constraints between what is held are left out ({model.neq})")
    if model.ntendon:
        notes.append(f"tendons are left out ({model.ntendon})")
    if not np.allclose(model.opt.gravity, _GRAVITY, atol=_NEARLY):
        pull = " ".join(f"{part:g}" for part in model.opt.gravity)
        notes.append(f"its gravity ({pull}) is left out: robots of TabRL are pulled down")
    return notes


def _check_constraints(model: mujoco.MjModel, joints: Sequence[int]) -> None:
    for number in range(model.neq):
        if _constrains(model, number, set(joints)):
            raise refusal(
                f"the constraint {model.equality(number).name or number + 1} ties limbs together, "
                "which robots of TabRL have not: take it out, or weld what it holds"
            )


def _constrains(model: mujoco.MjModel, equality: int, joints: set[int]) -> bool:
    """Whether an equality holds back what the joints move."""
    kind = int(model.eq_type[equality])
    objects = [int(model.eq_obj1id[equality]), int(model.eq_obj2id[equality])]
    if kind == mujoco.mjtEq.mjEQ_JOINT:
        return bool(joints.intersection(objects))
    if kind not in (mujoco.mjtEq.mjEQ_CONNECT, mujoco.mjtEq.mjEQ_WELD):
        return False
    if model.eq_objtype[equality] == mujoco.mjtObj.mjOBJ_SITE:
        objects = [int(model.site_bodyid[site]) for site in objects]
    one, other = (_movers(model, body) & joints for body in objects)
    return one != other


def _movers(model: mujoco.MjModel, body: int) -> set[int]:
    """The joints between the world and a body."""
    found: set[int] = set()
    while body != 0:
        first = int(model.body_jntadr[body])
        found.update(range(first, first + int(model.body_jntnum[body])))
        body = int(model.body_parentid[body])
    return found
