"""Wiring: which parts stand behind the handler. Nothing here opens a connection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from celery import Celery  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import make_celery
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import (
    PartMetrics,
    RewardMetrics,
    WorkerMetrics,
    service_registry,
)
from tabrl.adapters.observed import (
    ObservedBlobStore,
    ObservedEventBus,
    ObservedHandler,
    StageObserver,
    TraceObserver,
    observe_engine,
)
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.event_archive import SqlEventArchive
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.outdated import SqlOutdatedArtifacts
from tabrl.adapters.sql.sources import SqlSourceRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.adapters.tracing import make_tracing
from tabrl.adapters.worker import JobRunner
from tabrl.domain.jobs import JobKind
from tabrl.sim.motion_library import load_motion_library
from tabrl_reward_worker.building import CandidateBuilder
from tabrl_reward_worker.generation import (
    RULE_BASED,
    FallbackGenerator,
    RewardGenerator,
    RuleBasedGenerator,
)
from tabrl_reward_worker.handler import BankCache, Repositories, RewardHandler
from tabrl_reward_worker.history import HistoryService
from tabrl_reward_worker.llm import LitellmProvider, LlmGenerator, LlmOptions, Validate
from tabrl_reward_worker.observed import (
    ObservedGenerator,
    ObservedProvider,
    ObservedRewardBuilder,
)
from tabrl_reward_worker.rebuilding import Rebuilder
from tabrl_reward_worker.sandbox import RecordingSandbox, Sandbox
from tabrl_reward_worker.validation import with_validation


class RewardSettings(BaseSettings):
    """What only this service reads from the environment."""

    model_config = SettingsConfigDict(env_prefix="TABRL_", frozen=True, extra="ignore")

    llm_fallbacks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated litellm models, asked in turn when the first fails.",
    )
    llm_timeout: float = Field(
        default=60.0, gt=0.0, description="Seconds a language model may take for one answer."
    )
    llm_deadline: float = Field(
        default=150.0, gt=0.0, description="Seconds for all answers to one task, repairs included."
    )
    reward_build_timeout: float = Field(
        default=10.0,
        gt=0.0,
        le=60.0,
        description="Seconds the child that builds one reward may take.",
    )
    reward_unsafe: bool = Field(
        default=False,
        description="Run code of language models and users even where it cannot be locked up.",
    )

    @field_validator("llm_fallbacks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


@dataclass(frozen=True)
class RewardWorker:
    """The wired service."""

    settings: Settings
    app: Celery
    runner: JobRunner
    sandbox: Sandbox
    banks: BankCache
    rebuilder: Rebuilder
    registry: CollectorRegistry


def wire(settings: Settings, reward_settings: RewardSettings) -> RewardWorker:
    """The real parts behind the URLs of the settings."""
    clock = SystemClock()
    registry = service_registry("reward_worker")
    parts, metrics = PartMetrics(registry), WorkerMetrics(registry, (JobKind.REWARD,))
    rewards, tracing = RewardMetrics(registry), make_tracing("reward-worker")
    engine = observe_engine(make_engine(settings.database), parts)
    blobs = ObservedBlobStore(make_blob_store(settings.blobs), parts)
    sandbox = Sandbox(
        reward_settings.reward_build_timeout, allow_unfiltered=reward_settings.reward_unsafe
    )
    recording = RecordingSandbox(sandbox, SqlVerifiedArtifacts(engine, clock))
    reward_builder = ObservedRewardBuilder(recording, rewards)
    banks = BankCache(blobs, load_motion_library)
    jobs = SqlJobRepository(engine)
    bus = ObservedEventBus(RedisEventBus(settings.redis_url), parts)
    tasks, sources = SqlTaskRepository(engine), SqlSourceRepository(engine)
    handler = RewardHandler(
        make_generator(
            settings,
            reward_settings,
            CandidateBuilder(reward_builder),
            lambda built, robot: with_validation(built, banks(robot.id)),
            rewards,
        ),
        reward_builder,
        Repositories(tasks, sources, blobs),
        HistoryService(tasks, sources, jobs, bus, SqlEventArchive(engine, clock)),
        banks,
    )
    observers = (partial(TraceObserver, tracing), partial(StageObserver, metrics))
    runner = JobRunner(
        JobKind.REWARD,
        ObservedHandler(handler, observers),
        jobs=jobs,
        bus=bus,
        metrics=metrics,
        settings=settings,
    )
    rebuilder = Rebuilder(SqlOutdatedArtifacts(engine), reward_builder, blobs)
    return RewardWorker(
        settings, make_celery(settings), runner, sandbox, banks, rebuilder, registry
    )


def make_generator(
    settings: Settings,
    reward_settings: RewardSettings,
    builder: CandidateBuilder,
    validate: Validate | None = None,
    metrics: RewardMetrics | None = None,
) -> RewardGenerator:
    """A language model backed by the rule-based generator where one is named, else the latter."""
    metrics = metrics or RewardMetrics(CollectorRegistry())
    rule_based = ObservedGenerator(RuleBasedGenerator(builder), RULE_BASED, metrics)
    if not settings.llm_model:
        return rule_based
    options = LlmOptions(
        settings.llm_model,
        fallbacks=reward_settings.llm_fallbacks,
        api_base=settings.llm_api_base or None,
        timeout_s=reward_settings.llm_timeout,
        deadline_s=reward_settings.llm_deadline,
    )
    metrics.expect_models((options.model, *options.fallbacks))
    provider = ObservedProvider(LitellmProvider(options), metrics)
    model = LlmGenerator(options, builder, provider, validate)
    return FallbackGenerator(ObservedGenerator(model, "llm", metrics), rule_based)
