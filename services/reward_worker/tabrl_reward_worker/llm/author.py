"""The author: asks, builds what comes back, and sends faults back once or twice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import ValidationError

from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import Unavailable
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.authors import Written
from tabrl_reward_worker.building import Builder, BuiltDraft
from tabrl_reward_worker.drafts import Draft
from tabrl_reward_worker.llm.client import Ask, LlmOptions, litellm_ask
from tabrl_reward_worker.llm.prompt import opening, repair
from tabrl_reward_worker.llm.schema import MAX_CANDIDATES, LlmAnswer

REPAIR_TURNS = 2
_FENCE = re.compile(r"^```[a-z]*\n(.*?)\n?```$", re.DOTALL)


@dataclass
class _Round:
    """What one answer brought."""

    built: list[BuiltDraft] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    declined: bool = False


class LlmAuthor:
    """Writes rewards with a language model."""

    def __init__(self, options: LlmOptions, builder: Builder, ask: Ask | None = None) -> None:
        self._options = options
        self._builder = builder
        self._ask = ask or litellm_ask(options)

    def write(self, prompt: str, robot: Robot) -> Written:
        """Raises `Unavailable` (codes `llm_unavailable`, `llm_no_reward`, `llm_declined`)."""
        messages = opening(prompt, robot)
        built: list[BuiltDraft] = []
        dropped = 0
        for turn in range(1 + REPAIR_TURNS):
            try:
                answer = self._ask(messages)
            except Unavailable:
                if built:
                    break
                raise
            outcome = self._round(answer, robot)
            if outcome.declined and not built and turn == 0:
                raise Unavailable(
                    "The language model found nothing this robot could learn here.",
                    code="llm_declined",
                )
            built += outcome.built
            dropped = len(outcome.faults)
            if not outcome.faults or len(built) >= MAX_CANDIDATES:
                break
            messages = [*messages, *repair(answer, outcome.faults)]
        if not built:
            raise Unavailable(
                "The language model wrote no reward that works.", code="llm_no_reward"
            )
        notices = []
        if dropped and len(built) < MAX_CANDIDATES:
            message = f"{dropped} of the language model's rewards did not work and were left out."
            notices.append(NoticeEvent(code="llm_reward_dropped", message=message))
        author = f"llm:{self._options.model}"
        return Written(author, built[:MAX_CANDIDATES], [], [], notices)

    def _round(self, answer: str, robot: Robot) -> _Round:
        try:
            parsed = LlmAnswer.model_validate_json(_bare(answer))
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(str(place) for place in fault['loc']) or 'answer'}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)[:10]
            )
            return _Round(faults=[f"The answer is not the JSON that was asked for: {faults}"])
        drafts = [candidate.draft() for candidate in parsed.candidates]
        outcome = _Round(declined=not drafts)
        for draft, result in zip(drafts, self._builder.build(drafts, robot), strict=True):
            fault = _fault(draft, result)
            if fault is None and isinstance(result, BuiltDraft):
                outcome.built.append(result)
            else:
                outcome.faults.append(f"Candidate {draft.name!r}: {fault}")
        return outcome


def _fault(draft: Draft, result: BuiltDraft | RewardError) -> str | None:
    if isinstance(result, RewardError):
        return result.for_author()
    if set(draft.weights) != set(result.reward.terms):
        return (
            f"`weights` names {sorted(draft.weights)}, but the reward returns the terms "
            f"{list(result.reward.terms)}"
        )
    return None


def _bare(answer: str) -> str:
    """The answer without a Markdown fence around it."""
    text = answer.strip()
    fenced = _FENCE.match(text)
    return fenced.group(1) if fenced else text
