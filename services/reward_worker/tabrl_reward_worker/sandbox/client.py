"""The worker's side of the sandbox: source in, a verified artifact out.

Three children take part, and they share nothing. The first runs the author's Python; what it says
is handed, as bytes, to the second, which reads it again and writes the artifact that is returned.
The third compiles that, because some programs would keep a compiler busy for hours. The worker
itself never looks into an artifact that was not verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType

from pydantic import ValidationError

from tabrl.domain.errors import Unavailable
from tabrl.rewards.errors import RewardError
from tabrl.rewards.vocabulary import MAX_SOURCE
from tabrl.robots import Robot
from tabrl.sim.reward.artifact import unpack_artifact
from tabrl.sim.reward.export import AuthorLayers
from tabrl_reward_worker.sandbox.limits import SandboxOptions
from tabrl_reward_worker.sandbox.supervisor import Supervisor
from tabrl_reward_worker.sandbox.wire import Action, Answer, Built, Capabilities, Compiled, Request


@dataclass(frozen=True)
class BuiltReward:
    """A reward that could be built: its canonical artifact, terms (sorted) and weights.

    `assumed` are the terms that nobody gave a weight: they have 1.
    """

    blob: bytes
    terms: tuple[str, ...]
    weights: dict[str, float]
    assumed: tuple[str, ...] = ()

    def with_weights(self, given: Mapping[str, float]) -> BuiltReward:
        """With these weights of some or all of its terms."""
        assumed = tuple(term for term in self.assumed if term not in given)
        return replace(self, weights={**self.weights, **given}, assumed=assumed)


class Pipeline:
    """The children's work, one by one. Tests make one with single layers switched off."""

    def __init__(
        self,
        supervisor: Supervisor,
        deadline_s: float,
        author: AuthorLayers | None = None,
        options: SandboxOptions | None = None,
    ) -> None:
        self._supervisor = supervisor
        self._deadline_s = deadline_s
        self._author = author or AuthorLayers()
        self._options = options or SandboxOptions()

    def build(self, source: str, robot: Robot, needs_filter: bool = True) -> bytes:
        """Run the author's Python; what comes back is whatever it wanted. Raises `RewardError`,
        `Unavailable`."""
        return self._ask("build", None, source, robot, needs_filter).blob

    def verify(
        self, blob: bytes, source: str, robot: Robot, needs_filter: bool = True
    ) -> BuiltReward:
        """Read an artifact again. Raises `RewardError`, `Unavailable`."""
        return _believed(self._ask("verify", blob, source, robot, needs_filter), robot)

    def compile(self, blob: bytes, source: str, robot: Robot, needs_filter: bool = True) -> None:
        """Compile a verified artifact, and forget it. Raises `RewardError`, `Unavailable`."""
        answer = self._ask("compile", blob, source, robot, needs_filter)
        if not isinstance(answer.message, Compiled):
            raise RewardError("the compiler's answer makes no sense", code="reward_crashed")

    def _ask(
        self, action: Action, blob: bytes | None, source: str, robot: Robot, needs_filter: bool
    ) -> Answer:
        try:
            request = Request(
                action=action,
                robot=robot.id,
                source=source,
                needs_filter=needs_filter,
                author=self._author,
                options=self._options,
            )
        except ValidationError:  # of what comes from outside only the text can be at fault
            message = "the reward is no text that could be stored"
            raise RewardError(message, code="reward_syntax") from None
        return self._supervisor.ask(request, self._deadline_s, blob)


class Sandbox:
    """Builds rewards in children of a zygote. Safe to call from several threads at once.

    `allow_unfiltered` also runs strangers' code where the kernel cannot filter system calls.
    """

    def __init__(self, deadline_s: float = 10.0, allow_unfiltered: bool = False) -> None:
        self._allow_unfiltered = allow_unfiltered
        self.supervisor = Supervisor()
        self._pipeline = Pipeline(self.supervisor, deadline_s)

    def __enter__(self) -> Sandbox:
        self.warm_up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def warm_up(self) -> Capabilities:
        """Start the zygote and wait until it can fork. Raises `Unavailable`."""
        return self.supervisor.capabilities()

    def close(self) -> None:
        """End the zygote and with it every child."""
        self.supervisor.close()

    @property
    def alive(self) -> bool:
        """Whether the zygote runs."""
        return self.supervisor.alive

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """Check, trace, export and verify a reward, and compile what is not `trusted` once.

        Raises `RewardError` if the source is at fault (codes `reward_…`: `reward_timeout`,
        `reward_forbidden` and `reward_crashed` if its process was killed), and `Unavailable` if
        the zygote cannot be started (`jail_unavailable`) or the code is not `trusted`, our own
        that is, and this machine cannot lock it up (`jail_no_seccomp`).
        """
        if len(source) > MAX_SOURCE:
            message = f"a reward may have at most {MAX_SOURCE} characters"
            raise RewardError(message, code="reward_too_long")
        strict = not (trusted or self._allow_unfiltered)
        if strict and not self.supervisor.capabilities().seccomp:
            raise Unavailable(
                "This machine's kernel cannot lock up code that a language model or a user wrote.",
                code="jail_no_seccomp",
                hint="the rule-based generator's own rewards still work; see docs/security.md.",
            )
        blob = self._pipeline.build(source, robot, strict)
        built = self._pipeline.verify(blob, source, robot, strict)
        if not trusted:
            self._pipeline.compile(built.blob, source, robot, strict)
        return built


def _believed(answer: Answer, robot: Robot) -> BuiltReward:
    """The verifier's answer, believed as far as it agrees with itself."""
    message = answer.message
    header, _ = unpack_artifact(answer.blob)
    fits = (
        isinstance(message, Built)
        and header.robot == robot.id
        and list(header.terms) == message.terms
        and set(message.weights) == set(message.terms)
        and set(message.assumed) <= set(message.terms)
    )
    if not fits or not isinstance(message, Built):
        raise RewardError("the verifier's answer makes no sense", code="reward_crashed")
    return BuiltReward(answer.blob, header.terms, message.weights, tuple(message.assumed))
