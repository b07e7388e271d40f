"""A rollout held against what its model was trained for: the same checks, measured by the same code
as in a training's evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
from pydantic import BaseModel, ConfigDict, ValidationError

from tabrl.contracts.checks import CheckSpec, describe, fault_of
from tabrl.contracts.phases import LONGEST_EPISODE_S
from tabrl.contracts.quantities import Catalogue
from tabrl.control.checks import evaluate_checks
from tabrl.control.embodiment import Embodiment
from tabrl.control.replay import States, rollout_of_states
from tabrl_local.api_schemas import CheckView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.robots import embodiment_named
from tabrl_local.rollout import Recording

_UNKNOWN = "this version of TabRL does not know such a check"
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
    embodiment = embodiment_named(view.robot, view.ground)
    asked = [
        _measurable(check, embodiment.catalogue)
        for one in task.candidates
        if one.n == candidate
        for check in one.checks
    ]
    checks = [check for check in asked if isinstance(check, CheckSpec)]
    found = iter(score(checks, recording, embodiment, scene))
    return [check if isinstance(check, ScoredCheck) else next(found) for check in asked]


def score(
    checks: Sequence[CheckSpec], recording: Recording, embodiment: Embodiment, scene: bytes
) -> list[ScoredCheck]:
    """Measure the checks on the one episode of a recording, in the scene that was simulated."""
    catalogue = embodiment.catalogue
    if not checks or len(recording.time) < 2:
        return [_scored(check, math.nan, catalogue) for check in checks]
    model: mujoco.MjModel = mujoco.MjModel.from_xml_string(scene.decode())
    states = States(recording.time, recording.qpos, recording.qvel, recording.ctrl)
    rollout = rollout_of_states(model, embodiment, states)
    values = evaluate_checks(checks, rollout.fields, embodiment)
    unknown = _of_the_schedule(embodiment)
    return [
        _scored(
            check, math.nan if catalogue.canonical(check.quantity) in unknown else value, catalogue
        )
        for check, value in zip(checks, values, strict=True)
    ]


def _of_the_schedule(embodiment: Embodiment) -> set[str]:
    """What only the inference server knows, which follows the command schedule."""
    features, recorded = embodiment.features, embodiment.recorded
    return {
        name
        for name in features.names
        if recorded.start <= features[name].start and features[name].stop <= recorded.stop
    }


def _measurable(view: CheckView, catalogue: Catalogue) -> CheckSpec | ScoredCheck:
    """The check, or that this version cannot measure it: a newer server may have others."""
    try:
        check = CheckSpec.model_validate(view.model_dump())
    except ValidationError:
        return _unmeasured(view, _UNKNOWN)
    if catalogue.canonical(check.quantity) not in catalogue:
        return _unmeasured(view, _UNKNOWN)
    # Whether the recording is long enough, `score` sees.
    fault = fault_of(check, catalogue, LONGEST_EPISODE_S)
    return check if fault is None else _unmeasured(view, fault)


def _unmeasured(view: CheckView, why: str) -> ScoredCheck:
    return ScoredCheck(id=view.id, name=view.id, target="", note=why)


def _scored(check: CheckSpec, value: float, catalogue: Catalogue) -> ScoredCheck:
    shown, words = not math.isnan(value), describe(check, catalogue)
    return ScoredCheck(
        id=check.id,
        name=words.name,
        target=words.target,
        value=round(value, 6) if shown else None,
        passed=check.passed(value) if shown else None,
    )
