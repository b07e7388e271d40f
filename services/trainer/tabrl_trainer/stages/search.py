"""Search: the command schedule under which the pretrained policy earns most."""

from __future__ import annotations

from tabrl.contracts.events import SearchEvent
from tabrl_trainer.search.command_search import Generation
from tabrl_trainer.search.staged_search import search_for
from tabrl_trainer.stages.results import Loaded, SearchResult
from tabrl_trainer.stages.session import JobSession


def search(session: JobSession, loaded: Loaded) -> SearchResult:
    """Search within the budget's share. Raises `JobStoppedError` at any step."""
    session.begin_stage("search")
    began, spec = session.clock(), session.spec
    budget = spec.budget
    # A generation lasts longer than a user who cancels should wait.
    on_step = session.control.raise_if_stopped
    running = search_for(
        loaded.context, loaded.reward, spec.phases_s, spec.seed, on_step, repeat=spec.repeat,
        motion=spec.motion,
    )  # fmt: skip
    found: Generation | None = None
    for found in running.run(budget.search_s):
        left_s = max(budget.search_s - (session.clock() - began), 0.0)
        session.publish(
            SearchEvent(
                generation=found.index,
                generations=running.planned,
                best_reward=found.best_score,
                samples=found.samples,
                program_words=found.best.in_words(),
                elapsed_s=session.elapsed_s,
                eta_s=left_s + budget.ppo_s + budget.evaluation_s,
            )
        )
    assert found is not None  # a search yields at least one generation
    seconds = session.clock() - began
    return SearchResult(found.best, found.samples, running.generations, seconds)
