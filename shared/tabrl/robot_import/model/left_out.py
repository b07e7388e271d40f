"""What of a model its scene has not: said, or refused where limbs need it."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco

from tabrl.robot_import.model.source import Source
from tabrl.robot_import.refusal import refusal


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
    return notes


def _check_constraints(model: mujoco.MjModel, joints: Sequence[int]) -> None:
    bodies = {int(model.jnt_bodyid[joint]) for joint in joints}
    for number in range(model.neq):
        if _constrains(model, number, set(joints), bodies):
            raise refusal(
                f"the constraint {model.equality(number).name or number + 1} ties limbs together, "
                "which robots of TabRL have not: take it out, or weld what it holds"
            )


def _constrains(model: mujoco.MjModel, equality: int, joints: set[int], bodies: set[int]) -> bool:
    kind = int(model.eq_type[equality])
    objects = {int(model.eq_obj1id[equality]), int(model.eq_obj2id[equality])}
    if kind == mujoco.mjtEq.mjEQ_JOINT:
        return bool(objects & joints)
    if kind in (mujoco.mjtEq.mjEQ_CONNECT, mujoco.mjtEq.mjEQ_WELD):
        return bool(objects & bodies)
    return False
