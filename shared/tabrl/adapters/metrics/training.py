"""What a trainer observes of what it learns."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tabrl.contracts.training import TrainResult

_GAIN = (-0.5, -0.2, -0.1, -0.05, -0.01, 0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_COMPILE_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_TINY = 1e-9


class TrainingMetrics:
    """Speed, gains and acceptance."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.samples = Counter(
            "tabrl_training_samples", "Control steps simulated for search and PPO.",
            registry=registry,
        )  # fmt: skip
        self.samples_per_second = Gauge(
            "tabrl_training_samples_per_second",
            "Control steps a second in the update that was last done; 0 between trainings.",
            registry=registry,
        )
        self.snapshots = Counter(
            "tabrl_training_snapshots", "Policies published to be played.", registry=registry
        )
        self.gain = Histogram(
            "tabrl_training_gain",
            "What a stage added to the reward a step, in parts of what was earned before it.",
            ["stage"], buckets=_GAIN, registry=registry,
        )  # fmt: skip
        self.evaluations = Counter(
            "tabrl_training_evaluations",
            "Evaluated trainings by what was delivered: the result, or the schedule found before.",
            ["delivered"], registry=registry,
        )  # fmt: skip
        self.checks = Counter(
            "tabrl_training_checks", "Success checks of delivered policies.", ["outcome"],
            registry=registry,
        )  # fmt: skip
        self.compile_seconds = Histogram(
            "tabrl_training_compile_seconds", "Compiling, or loading, all a robot's graphs.",
            ["robot"], buckets=_COMPILE_S, registry=registry,
        )  # fmt: skip
        for stage in ("search", "ppo"):
            self.gain.labels(stage)
        for delivered in ("result", "program"):
            self.evaluations.labels(delivered)
        for outcome in ("passed", "failed"):
            self.checks.labels(outcome)

    def observe(self, result: TrainResult) -> None:
        """A training that went through all its stages."""
        before, found, learnt = (row.reward for row in (result.base, result.program, result.result))
        self.gain.labels("search").observe(_relative(found, before))
        if result.delivered == "result":
            self.gain.labels("ppo").observe(_relative(learnt, found))
        self.evaluations.labels(result.delivered).inc()
        for check in result.checks:
            self.checks.labels("passed" if check.passed else "failed").inc()


def _relative(after: float, before: float) -> float:
    return (after - before) / max(abs(before), _TINY)
