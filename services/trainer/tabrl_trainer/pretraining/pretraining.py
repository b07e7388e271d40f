"""What a kind of robot provides so that its robots can be pretrained, and how it is found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar, Generic, TypeVar

from tabrl.control.arrays import Floats
from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.robots.kinds import kind_package
from tabrl.sim.episodes import CommandSampler, StartPoses
from tabrl.sim.simulator import Experience
from tabrl_trainer.pretraining.benchmark import Benchmark

_BUILT_IN = "tabrl.embodiments."
_CARD_KEYS = {"min_action_std": "least_noise"}  # as cards have called it since the first version


@dataclass(frozen=True, kw_only=True)
class CurriculumStage:
    """A part of a curriculum; `samples` are control steps.

    A kind's own stages add what its reward and its schedules depend on.
    """

    name: str
    samples: int
    randomise: float = 0.0  # share of the robots that differ from the scene
    push_speed: float = 0.0  # m/s
    entropy: float = 0.003
    min_rate: float = 1e-5
    max_rate: float = 1e-3
    target_kl: float = 0.01
    symmetry: float = 0.5  # weight of the policy's difference from its mirror image
    min_action_std: float = 0.0  # floor under the exploration noise, in units of action

    def document(self) -> dict[str, object]:
        """The stage as a model card keeps it."""
        return {_CARD_KEYS.get(name, name): value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class CardWords:
    """A kind's words in progress lines and on the model card."""

    failure: str  # what ends an episode early, such as "fall"
    errors: str  # a sentence: what the card's errors are

    @property
    def failures(self) -> str:
        """Several of them."""
        return f"{self.failure}s"


StageT = TypeVar("StageT", bound=CurriculumStage)


class Pretraining(ABC, Generic[StageT]):
    """How one robot is pretrained: its curriculum, reward and schedules, its card's rows."""

    words: ClassVar[CardWords]
    reported_terms: ClassVar[tuple[str, ...]]  # of the reward, in progress lines
    embodiment: Embodiment
    curriculum: tuple[StageT, ...]

    @property
    def robot(self) -> Robot:
        """The robot that is trained."""
        return self.embodiment.robot

    @property
    def samples(self) -> int:
        """Control steps of the whole curriculum."""
        return sum(stage.samples for stage in self.curriculum)

    @abstractmethod
    def sampler(self, stage: StageT) -> CommandSampler:
        """Draws the schedules of a stage."""

    @abstractmethod
    def reward_terms(self, experience: Experience, stage: StageT) -> dict[str, Floats]:
        """Weighted terms `[T, B]` of the reward, by name."""

    def start(self, stage: StageT) -> StartPoses | None:
        """Poses in which episodes of a stage begin; None for the home keyframe."""
        return None

    @property
    @abstractmethod
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """The rows of the model card."""


def pretraining_of(robot: Robot) -> Pretraining[Any]:
    """How a robot is pretrained.

    Kinds of the project have a package here; others, named in `TABRL_EMBODIMENTS`, a module
    `pretraining` in their own package. Raises `Invalid`: code `no_pretraining` for a kind that has
    neither, `bad_robot` for a scene that does not fit its kind.
    """
    kind = robot.embodiment
    package = kind_package(kind)
    module = f"{package}.pretraining"
    if package is None or package.startswith(_BUILT_IN):
        module = f"{__package__}.{kind}"
    if package is None or find_spec(module) is None:
        raise Invalid(
            f"robots of the kind {kind!r} cannot be pretrained: there is no {module}",
            code="no_pretraining",
            hint=f"write that module; its pretraining(embodiment) says how {robot.id} is trained",
        )
    found: Pretraining[Any] = import_module(module).pretraining(embodiment_of(robot))
    return found
