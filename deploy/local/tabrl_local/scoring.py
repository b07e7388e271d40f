"""A rollout held against what its model was trained for: the same checks, measured by the same code
as in a training's evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
from pydantic import BaseModel, ConfigDict, ValidationError

from tabrl.contracts.checks import CheckSpec, Quantity, fault_of
from tabrl.contracts.phases import LONGEST_EPISODE_S
from tabrl.control.checks import evaluate_checks
from tabrl.control.replay import States, rollout_of_states
from tabrl.robots import Robot, get_robot
from tabrl_local.api_schemas import CheckView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.rollout import Recording

# Known to the inference server alone, which follows the program.
_UNMEASURABLE = (Quantity.COMMAND, Quantity.GAIT_PHASE)


_GONE = ("unknown_model", "unknown_job", "unknown_task")


class ScoredCheck(BaseModel):
    """One success check on a rollout; no value where the rollout does not show it.

    One that this version cannot measure is kept under its `id`, and `note` says why.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    target: str
    value: float | None = None
    passed: bool | None = None
    note: str = ""


def score_rollout(api: Api, model_id: str, recording: Recording) -> list[ScoredCheck]:
    """The checks of the model's candidate on a recording; none if its task is gone.

    Raises `CommandError` where the api cannot tell.
    """
    try:
        view = api.model(model_id)
        candidate = api.job(view.job_id).candidate
        task = api.task(view.task_id)
        scene = api.fetch(view.scene_url)
    except CommandError as error:
        if error.code in _GONE:
            return []
        raise
    robot = get_robot(view.robot)
    asked = [
        _measurable(check, robot) for c in task.candidates if c.n == candidate for check in c.checks
    ]
    checks = [check for check in asked if isinstance(check, CheckSpec)]
    found = iter(score(checks, recording, robot, scene))
    return [check if isinstance(check, ScoredCheck) else next(found) for check in asked]


def score(
    checks: Sequence[CheckSpec], recording: Recording, robot: Robot, scene: bytes
) -> list[ScoredCheck]:
    """Measure the checks on the one episode of a recording, in the scene that was simulated."""
    if not checks or len(recording.time) < 2:
        return [_scored(check, math.nan) for check in checks]
    model: mujoco.MjModel = mujoco.MjModel.from_xml_string(scene.decode())
    states = States(recording.time, recording.qpos, recording.qvel, recording.ctrl)
    rollout = rollout_of_states(model, robot, states)
    values = evaluate_checks(checks, rollout.fields, robot)
    return [
        _scored(check, math.nan if check.quantity in _UNMEASURABLE else value)
        for check, value in zip(checks, values, strict=True)
    ]


def _measurable(view: CheckView, robot: Robot) -> CheckSpec | ScoredCheck:
    """The check, or that this version cannot measure it: a newer server may have others."""
    try:
        check = CheckSpec.model_validate(view.model_dump())
    except ValidationError:
        return _unmeasured(view, "this version of TabRL does not know such a check")
    # Whether the recording is long enough, `score` sees.
    fault = fault_of(check, robot, LONGEST_EPISODE_S)
    return check if fault is None else _unmeasured(view, fault)


def _unmeasured(view: CheckView, why: str) -> ScoredCheck:
    return ScoredCheck(id=view.id, name=view.id, target="", note=why)


def _scored(check: CheckSpec, value: float) -> ScoredCheck:
    shown = not math.isnan(value)
    return ScoredCheck(
        id=check.id,
        name=check.name,
        target=check.target,
        value=round(value, 6) if shown else None,
        passed=check.passed(value) if shown else None,
    )
