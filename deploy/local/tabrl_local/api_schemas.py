"""The parts of the api's answers that the command line reads; what else they hold is ignored."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.ground import FLAT, Ground, NamedGround
from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import TrainResult

FINISHED = frozenset({"succeeded", "failed", "cancelled"})


class View(BaseModel):
    """Base of all views: immutable, and open to keys that later versions of the api add."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RobotView(View):
    """A robot; one that is not `trained` needs what `training_command` makes before it learns.

    `trained` is None while no api has been asked.
    """

    id: str
    name: str
    embodiment: str
    trained: bool | None = None
    training_command: str | None = None
    examples: list[str] = []
    grounds: list[NamedGround] = []


class FailureView(View):
    """Why a job failed, and whether infrastructure, code or learning did."""

    kind: str
    code: str
    message: str


class FindingView(View):
    """Something to know before training."""

    message: str


class ReportView(View):
    """What recorded motion says of a candidate."""

    warnings: list[FindingView] = []


class DroppedView(View):
    """A reward that is not offered, and why."""

    name: str
    message: str


class UsageView(View):
    """What the language model took."""

    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None = None


class CheckView(View):
    """A success check, as `tabrl.contracts.checks.CheckSpec` has it."""

    id: str
    quantity: str
    statistic: str
    part: str | None = None
    frequency: float | None = None
    threshold: float | None = None
    start_s: float
    end_s: float
    at_least: float | None = None
    at_most: float | None = None


class CandidateView(View):
    """One way to reward the task."""

    n: int
    name: str
    idea: str
    author: str
    weights: dict[str, float]
    checks: list[CheckView] = []
    report: ReportView = ReportView()


class JobView(View):
    """A job and, once it succeeded, what it measured."""

    id: str
    kind: str
    state: str
    task_id: str
    candidate: int | None = None
    robot: str
    model_id: str | None = None
    place_in_queue: int | None = None
    starts_in_s: float | None = None
    attempt: int = 0
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: FailureView | None = None
    result: TrainResult | None = None
    tier: Tier | None = None
    minutes: float | None = None
    continues: str | None = None


class TaskView(View):
    """A task with its candidates."""

    id: str
    robot: str
    prompt: str
    state: str
    job_id: str
    failure: FailureView | None = None
    understood: list[str] = []
    not_understood: list[str] = []
    notices: list[str] = []
    usage: UsageView | None = None
    dropped: list[DroppedView] = []
    candidates: list[CandidateView] = []


class ModelView(View):
    """A model and where it can be asked for actions."""

    id: str
    job_id: str
    task_id: str
    robot: str
    scene_url: str
    scene_sha256: str
    ground: Ground = FLAT
    params_version: int
    params_sha256: str
    step: int
    inference_url: str


class QuoteView(View):
    """What jobs of a kind take together, and when the first would start."""

    jobs: int
    seconds: float
    starts_in_s: float
    samples: int | None = None
    cost_usd: float | None = None
    measured_on: int = 0


class TierQuote(QuoteView):
    """What trainings of a tier take, for so many minutes where it takes some."""

    tier: Tier
    minutes: int | None = None


class RunQuote(View):
    """What a sentence takes: the writing of its candidates, and some trainings."""

    writing: QuoteView
    training: QuoteView
    tiers: list[TierQuote] = []


class Jobs(View):
    """A list of jobs."""

    jobs: list[JobView]


class Ticket(View):
    """Opens one socket, once."""

    ticket: str


class Robots(View):
    """A list of robots."""

    robots: list[RobotView]
