"""What recorded motion says of a candidate reward, before a second of training."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.findings import Finding

__all__ = ["CandidateReport", "ClipScore", "Finding", "MotionPreview", "TermReport"]


class ClipScore(BaseModel):
    """A reward's mean per control step on one recorded motion, and each weighted term's share."""

    model_config = ConfigDict(frozen=True)

    clip: str
    score: float
    terms: dict[str, float] = Field(default_factory=dict)


class TermReport(BaseModel):
    """One term of the reward over all steps of the bank.

    `scale` is the standard deviation of the unweighted term, `share` (0 to 1) how much of the
    reward's weighted movement is this term's. A `constant` term never moves; `same_as` names the
    earlier term that says the same.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    weight: float
    scale: float = 0.0
    share: float = 0.0
    constant: bool = False
    same_as: str | None = None


class CandidateReport(BaseModel):
    """How a candidate did on the motion library.

    `meets` are the clips that already meet the success checks: what was asked for, as far as it was
    ever recorded. `failures` say why it must not be offered, `warnings` what to look at before
    training. `margin` is how far the asked motion is ahead of standing still and of the motions
    nobody wants, in standard deviations of the clips' scores; `None` where it cannot be told.
    `rank` is the place (1 is best) of the reference motions, `similarity` the rank correlation with
    the task's other candidates, by number. Reports stored earlier lack these.
    """

    model_config = ConfigDict(frozen=True)

    clips: tuple[ClipScore, ...] = ()
    best_clip: str = ""
    notes: tuple[str, ...] = ()
    meets: tuple[str, ...] = ()
    terms: tuple[TermReport, ...] = ()
    warnings: tuple[Finding, ...] = ()
    failures: tuple[Finding, ...] = ()
    margin: float | None = None
    rank: dict[str, int] = Field(default_factory=dict)
    similarity: dict[int, float] = Field(default_factory=dict)
    stages_s: dict[str, float] = Field(default_factory=dict)


class MotionPreview(BaseModel):
    """The recorded motion a candidate likes best; `qpos` is `[T, nq]` at `hz`."""

    model_config = ConfigDict(frozen=True)

    clip: str
    score: float
    hz: float = 50.0
    qpos: list[list[float]]
