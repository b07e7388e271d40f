"""The process: warm parts first, then work."""

from __future__ import annotations

from functools import partial
from threading import Thread

from tabrl.adapters import logs
from tabrl.adapters.celery_worker import serve
from tabrl.adapters.logs import logger, where
from tabrl.adapters.operations import serve_operations
from tabrl.adapters.settings import Settings
from tabrl.domain.errors import TabrlError, Unavailable
from tabrl.domain.jobs import JobKind
from tabrl.robots import list_robots
from tabrl_reward_worker.bootstrap import RewardSettings, RewardWorker, wire
from tabrl_reward_worker.building import CandidateBuilder
from tabrl_reward_worker.generation import RuleBasedGenerator
from tabrl_reward_worker.generator import has_words_for
from tabrl_reward_worker.llm import load_litellm
from tabrl_reward_worker.report import report_on


def run() -> None:
    """Serve until SIGTERM."""
    logs.configure()
    worker = wire(Settings(), RewardSettings())
    with worker.sandbox:
        if worker.settings.llm_model:
            # Loading takes seconds that the first task would wait for.
            Thread(target=load_litellm, name="litellm", daemon=True).start()
        warm_up(worker)
        if worker.settings.metrics_port is not None:
            serve_operations(
                worker.settings.host,
                worker.settings.metrics_port,
                worker.registry,
                partial(raise_unless_ready, worker),
            )
        worker.rebuilder.start()
        try:
            serve(worker.app, JobKind.REWARD, worker.runner)
        finally:
            worker.rebuilder.stop()


def raise_unless_ready(worker: RewardWorker) -> None:
    """Raises `Unavailable` if rewards cannot be built, or none of the last was."""
    if not worker.sandbox.alive:
        raise Unavailable("The reward builder does not run.", code="jail_unavailable")
    worker.runner.raise_if_sick()


def warm_up(worker: RewardWorker) -> None:
    """Go once through everything a first task would otherwise wait for."""
    generator = RuleBasedGenerator(CandidateBuilder(worker.sandbox))
    for robot in list_robots():
        try:
            bank = worker.banks(robot.id)
            if not has_words_for(robot):
                continue
            result = generator.generate("trot forward and sway", robot)
            if bank is not None:
                report_on(result.candidates[0], bank)
        except TabrlError as error:  # a cold first task is slower, nothing worse
            logger.warning("warming up for %s: %s", robot.id, where(error))
