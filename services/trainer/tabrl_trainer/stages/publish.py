"""Publish: the policy that is delivered, its evaluation and the training's record."""

from __future__ import annotations

from importlib.metadata import version

from tabrl.contracts.events import EvaluationEvent
from tabrl.contracts.tiers import EvaluationPoint, Tier, thinned
from tabrl.contracts.training import TrainingRecord, TrainResult, TrainSpec
from tabrl.control.command_schedule import CommandSchedule
from tabrl_trainer.evaluation import check_results, flags_of
from tabrl_trainer.ground import untrained_ground
from tabrl_trainer.recording.file import episodes_file
from tabrl_trainer.stages.minutes import Minutes, Moment, point_of
from tabrl_trainer.stages.results import Completed
from tabrl_trainer.stages.session import JobSession
from tabrl_trainer.stages.snapshots import SnapshotPublisher

PACKAGES = ("tabrl", "jax", "brax", "mujoco", "numpy")


def publish(session: JobSession, done: Completed, publisher: SnapshotPublisher) -> TrainResult:
    """Publish what the stages led to and report on it."""
    spec, found, tuned, evaluated = session.spec, done.found, done.tuned, done.evaluated
    measured = evaluated.measured
    base, program, result = measured.base, measured.program, measured.result
    comparison = measured.comparison if evaluated.accepted else None
    samples = found.samples + tuned.samples
    published = publisher.publish(
        evaluated.weights,
        tuned.schedule,
        update=evaluated.update,
        samples=samples,
        reward=result.row.reward,
    )
    embodiment = done.loaded.context.embodiment
    recorded = _record_episodes(spec, done, publisher)
    checks = check_results(spec.checks, base, program, result, embodiment.catalogue)
    session.publish(
        EvaluationEvent(
            checks=checks,
            base=base.row,
            program=program.row,
            result=result.row,
            comparison=comparison,
        )
    )
    evaluation_s = session.clock() - evaluated.began
    return TrainResult(
        checks=checks,
        base=base.row,
        program=program.row,
        result=result.row,
        program_words=tuned.schedule.in_words(),
        samples=samples,
        samples_per_s=samples / max(found.seconds + tuned.seconds, 1e-9),
        snapshots=publisher.published,
        delivered="result" if evaluated.accepted else "program",
        params_sha256=published.sha256,
        reward_sha256=spec.artifact_sha256,
        stages_s=_stages_s(done, evaluation_s),
        versions={name: version(name) for name in PACKAGES},
        note=evaluated.note,
        flags=(
            *flags_of(spec.checks, base, program, result, embodiment),
            *untrained_ground(spec.ground, program.row, result.row),
        ),
        robustness=done.robustness,
        schedule=_record(spec, done),
        comparison=comparison,
        tier=spec.tier,
        history=_history(session, done, published.key),
        recorded=recorded,
    )


def publish_best(minutes: Minutes, schedule: CommandSchedule, publisher: SnapshotPublisher) -> None:
    """What a cancelled training leaves: the best policy that was measured, not the last one."""
    for best in minutes.finalists[:1]:
        publisher.publish(
            best.weights,
            schedule,
            update=best.kept.update,
            samples=minutes.samples_at(best.kept.update),
            reward=best.kept.reward,
        )


def _history(session: JobSession, done: Completed, key: str) -> tuple[EvaluationPoint, ...]:
    """All evaluations of this training and those before it, what is delivered the last one."""
    found, tuned, evaluated = done.found, done.tuned, done.evaluated
    spec, measured = session.spec, evaluated.measured
    own = tuned.history
    if spec.tier is Tier.FINE_TUNE:
        begun = Moment(done.loaded.beginning.weights, "", 0, found.samples, found.seconds)
        own = (point_of(session, measured.program, begun, best=not evaluated.accepted),)
    if spec.origin is not None:  # which ends with what this one began with
        own = tuple(point for point in own if point.update > 0)
    ended = Moment(
        evaluated.weights, key, evaluated.update,
        found.samples + tuned.samples, found.seconds + tuned.seconds,
    )  # fmt: skip
    delivered = point_of(session, measured.result, ended, best=True)
    before = () if spec.origin is None else spec.origin.history
    return thinned((*before, *own, delivered))


def _stages_s(done: Completed, evaluation_s: float) -> dict[str, float]:
    seconds = {
        "search": done.found.seconds,
        "ppo": done.tuned.seconds,
        "selection": done.selected.seconds,
        "evaluation": evaluation_s,
    }
    return {name: round(value, 3) for name, value in seconds.items() if value is not None}


def _record_episodes(spec: TrainSpec, done: Completed, publisher: SnapshotPublisher) -> bool:
    """Whether episodes of what is delivered are kept, in the weights of its evaluation."""
    result, reward = done.evaluated.measured.result, done.tuned.reward
    if result.recording is None:
        return False
    robot, catalogue = done.loaded.context.robot, done.loaded.context.embodiment.catalogue
    episodes = episodes_file(
        result.recording, robot.id, result.row.episodes, reward, spec.checks, catalogue
    )
    publisher.record(episodes)
    return True


def _record(spec: TrainSpec, done: Completed) -> TrainingRecord:
    resumed = done.loaded.resumed
    return TrainingRecord(
        seed=spec.seed,
        weights=done.loaded.initial_weights,
        generations=done.found.generations,
        updates=done.tuned.updates,
        kept=done.evaluated.update,
        phases_s=spec.phases_s,
        repeat=spec.repeat,
        motion=spec.motion,
        ground=spec.ground,
        restarts=() if resumed is None else resumed.restarts,
        reweightings=done.tuned.reweightings,
        tier=spec.tier,
        origin=None if spec.origin is None else spec.origin.model_copy(update={"history": ()}),
        from_nothing=not done.loaded.context.trained,
    )
