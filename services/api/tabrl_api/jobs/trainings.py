"""Making trainings: of a candidate, or of what an earlier training reached."""

from __future__ import annotations

from tabrl.contracts.tiers import USUAL_MINUTES, EvaluationPoint, Tier, thinned
from tabrl.contracts.training import Origin, TrainBudget, TrainSpec
from tabrl.domain.errors import Conflict, Invalid
from tabrl.domain.ids import new_job_id, new_model_id
from tabrl.domain.jobs import Job, JobKind, Priority
from tabrl.domain.models import BASE_VERSION, Model
from tabrl.domain.tasks import Candidate, Task
from tabrl.ports import IdempotencyKey
from tabrl_api.context import AppContext
from tabrl_api.dispatch import started
from tabrl_api.jobs.quotes import deadline
from tabrl_api.jobs.schemas import KeepGoing
from tabrl_api.robots.service import raise_unless_tier_fits


def asked_minutes(tier: Tier, minutes: int | None) -> int | None:
    """Minutes of a training. Raises `Invalid` (code `minutes_for_tier`) where it takes none."""
    if tier.takes_minutes:
        return minutes or USUAL_MINUTES
    if minutes is not None:
        raise Invalid(
            f"The tier {tier} takes no minutes.",
            code="minutes_for_tier",
            hint=f"Ask for the tier {Tier.FULL} to train for {minutes} minutes.",
        )
    return None


def training_of(
    task: Task, candidate: Candidate, priority: Priority, tier: Tier, minutes: int | None,
    context: AppContext,
) -> tuple[Job, Model]:  # fmt: skip
    """A training of a candidate, from the robot's pretrained policy."""
    minutes = asked_minutes(tier, minutes)
    spec = TrainSpec(
        robot=task.robot,
        artifact_sha256=candidate.artifact_sha256,
        weights=candidate.weights,
        checks=tuple(candidate.checks),
        phases_s=candidate.phases_s,
        repeat=candidate.repeat,
        motion=candidate.motion,
        ground=candidate.ground,
        budget=TrainBudget.of(tier, minutes),
        tier=tier,
    )
    params_key = Model.base_params_key(task.robot)
    return _rows(spec, task.id, task.owner, candidate.n, priority, minutes, params_key, context)


def keep_going(
    earlier: Job, request: KeepGoing, key: IdempotencyKey | None, context: AppContext
) -> Job:
    """Commit a training that goes on from a result, with the same reward, then send it.

    Raises `Conflict` (code `still_training` or `nothing_to_go_on_from`), or `Invalid`.
    """
    tier = request.tier or (Tier.FULL if request.minutes is not None else earlier.tier.next)
    minutes = asked_minutes(tier, request.minutes)
    origin, model = _origin_of(earlier, context)
    assert earlier.spec is not None  # or there were no model
    spec = earlier.spec.model_copy(
        update={
            "weights": earlier.valid_weights,
            "budget": TrainBudget.of(tier, minutes),
            "tier": tier,
            "origin": origin,
        }
    )
    raise_unless_tier_fits(earlier.robot, tier, context.blobs)
    job, made = _rows(
        spec, earlier.task_id, earlier.owner, earlier.candidate, request.priority, minutes,
        model.params_key, context,
    )  # fmt: skip
    (kept,) = context.jobs.create_training([job], [made], key, context.quota)
    if kept == job.id:
        started(job, context)
    return context.jobs.get(kept)


def _origin_of(earlier: Job, context: AppContext) -> tuple[Origin, Model]:
    """What an ended training left, and the model that holds it."""
    if earlier.spec is None or earlier.model_id is None:
        raise Invalid(
            "Only a training can be gone on with.",
            code="not_a_training",
            hint="Choose one of `tabrl jobs --kind train`.",
        )
    if not earlier.terminal:
        raise Conflict(
            "The training still runs.",
            code="still_training",
            hint="Wait for its end, or cancel it: what it has reached is kept.",
        )
    model = context.models.get(earlier.model_id)
    if model.params_version == BASE_VERSION:
        raise Conflict(
            "The training left nothing to go on from.",
            code="nothing_to_go_on_from",
            hint="Train the candidate again.",
        )
    before, result = earlier.spec.origin, earlier.result
    history: tuple[EvaluationPoint, ...] = () if before is None else before.history
    samples, minutes = (0, 0.0) if before is None else (before.samples, before.minutes)
    if result is not None:
        history = result.history
        samples += result.samples
        minutes += sum(result.stages_s.get(name, 0.0) for name in ("search", "ppo")) / 60.0
    elif earlier.progress is not None:  # cancelled on the way
        history = thinned((*history, *earlier.progress.history))
        samples += earlier.progress.samples
        minutes += (earlier.progress.learnt_s or earlier.progress.elapsed_s) / 60.0
    origin = Origin(
        job_id=earlier.id,
        params_key=model.params_key,
        params_sha256=model.params_sha256,
        samples=samples,
        minutes=minutes,
        history=history,
    )
    return origin, model


def _rows(
    spec: TrainSpec, task_id: str, owner: str, candidate: int | None, priority: Priority,
    minutes: int | None, params_key: str, context: AppContext,
) -> tuple[Job, Model]:  # fmt: skip
    """A job and its model, whose first parameters lie under `params_key` already."""
    now, job_id, model_id = context.clock.now(), new_job_id(), new_model_id()
    job = Job(
        id=job_id,
        kind=JobKind.TRAIN,
        priority=priority.rank,
        deadline_s=deadline(JobKind.TRAIN, spec.robot, context, spec.tier, minutes),
        task_id=task_id,
        owner=owner,
        candidate=candidate,
        robot=spec.robot,
        model_id=model_id,
        spec=spec,
        spec_version=spec.version,
        queued_at=now,
        created_at=now,
    )
    model = Model(
        id=model_id,
        job_id=job_id,
        task_id=task_id,
        owner=owner,
        robot=spec.robot,
        scene_sha256=context.robots.scene_sha256(spec.robot, spec.ground),
        params_key=params_key,
        created_at=now,
        updated_at=now,
    )
    return job, model
