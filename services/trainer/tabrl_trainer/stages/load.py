"""Load: the robot's context, the verified reward, and where an earlier attempt left off."""

from __future__ import annotations

from tabrl.contracts.events import NoticeEvent, ReweightedEvent
from tabrl.contracts.tiers import Tier
from tabrl.domain.errors import Invalid, NotFound
from tabrl.domain.jobs import FailureKind
from tabrl.ports import BlobStore, JobFailedError, VerifiedArtifacts
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.finetune import initial_state
from tabrl_trainer.pretrained import NotTrained
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.stages.results import Loaded, ResumePoint, SearchResult
from tabrl_trainer.stages.session import JobSession, bad_job
from tabrl_trainer.stages.verified import verified_reward
from tabrl_trainer.storage.checkpoints import Checkpoint, CheckpointStore
from tabrl_trainer.tiers.beginning import Beginning, beginning_of


def load(
    session: JobSession,
    contexts: TrainingContexts,
    blobs: BlobStore,
    verified: VerifiedArtifacts,
    checkpoints: CheckpointStore,
) -> Loaded:
    """What the training works with. Raises `JobFailedError` if it cannot be had."""
    session.begin_stage("loading")
    reward = verified_reward(session.spec, blobs, verified)
    context = _context(session, contexts)
    reward = reward.in_calls_of(context.sizes.reward_steps)
    beginning = beginning_of(context, session.spec.origin, blobs)
    if session.control.fence > 1:  # an earlier attempt may have left one
        template = initial_state(beginning.state, session.spec.seed)
        checkpoint = checkpoints.latest(template)
        if checkpoint is not None:
            return _resumed(session, context, beginning, reward, checkpoint)
    return _begun(session, context, beginning, reward)


def _context(session: JobSession, contexts: TrainingContexts) -> TrainingContext:
    spec = session.spec
    try:
        return contexts.get(session.robot, spec.ground, from_nothing=spec.tier is Tier.FULL)
    except NotTrained as error:
        raise JobFailedError(
            FailureKind.CODE, "robot_not_trained", f"{error.message}; {error.hint}"
        ) from error
    except NotFound as error:
        raise bad_job() from error
    except Invalid as error:
        raise JobFailedError(FailureKind.CODE, error.code, error.message) from error


def _begun(
    session: JobSession, context: TrainingContext, beginning: Beginning, reward: RolloutReward
) -> Loaded:
    """From the start: weights requested by now count for the search as well, and that is told."""
    requested = session.control.requested_weights()
    unchanged = Loaded(context, beginning, reward, session.spec.weights, {})
    if requested is None or requested == session.spec.weights:
        return unchanged
    try:
        reweighted = reward.reweighted(requested)
    except Invalid:  # whoever asked was told already: only the reward's own terms are taken
        return unchanged
    session.publish(ReweightedEvent(update=0, weights=requested))
    return Loaded(context, beginning, reweighted, requested, requested)


def _resumed(
    session: JobSession, context: TrainingContext, beginning: Beginning, reward: RolloutReward,
    checkpoint: Checkpoint,
) -> Loaded:  # fmt: skip
    """From a checkpoint, under the weights that were in force then."""
    metadata, state = checkpoint.metadata, checkpoint.state
    weights = metadata.weights or session.spec.weights
    if metadata.reweightings:
        weights = metadata.reweightings[-1].weights
    samples = metadata.search_samples + int(state.samples)
    session.publish(
        NoticeEvent(
            code="resumed",
            message=(
                f"The trainer was restarted; training goes on from the last snapshot, "
                f"{samples:,} samples kept."
            ),
        )
    )
    found = SearchResult(
        metadata.program.schedule(context.embodiment.commands),
        metadata.search_samples,
        metadata.generations,
        metadata.stages_s.get("search", 0.0),
    )
    point = ResumePoint(
        found=found,
        state=state,
        ppo_s=metadata.stages_s.get("ppo", 0.0),
        measuring_s=metadata.stages_s.get("measuring", 0.0),
        snapshots=metadata.snapshots,
        restarts=(*metadata.restarts, int(state.update)),
        reweightings=metadata.reweightings,
        history=metadata.history,
        kept=metadata.kept,
    )
    return Loaded(context, beginning, reward.reweighted(weights), weights, metadata.weights, point)
