"""Errors with a stable code. What a code means in HTTP is decided at the edge, not here."""

from __future__ import annotations


class TabrlError(Exception):
    """An error a user or operator can act on.

    `code` is stable snake_case for programs, `message` is for people, `hint` says what to do next.
    None of them ever holds a prompt or generated source.
    """

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint


class NotFound(TabrlError):  # noqa: N818 - reads as the answer it becomes
    """What was asked for does not exist."""


class Conflict(TabrlError):  # noqa: N818 - reads as the answer it becomes
    """The request contradicts the present state."""


class Invalid(TabrlError):  # noqa: N818 - reads as the answer it becomes
    """The request can never be carried out as it is."""


class Unavailable(TabrlError):  # noqa: N818 - reads as the answer it becomes
    """A part this one depends on does not answer; trying again later may help."""


class NotYet(Unavailable):
    """What is asked for is still being made; whoever asks is well, and so is every part."""


class Unauthenticated(TabrlError):  # noqa: N818 - reads as the answer it becomes
    """It is not known who asks."""


class Forbidden(TabrlError):  # noqa: N818 - reads as the answer it becomes
    """Whoever asks may look, but not do this."""


class LimitReached(TabrlError):  # noqa: N818 - reads as the answer it becomes
    """An owner has as much as they may have; `limit` names of what."""

    def __init__(self, message: str, *, limit: str, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, code=f"limit_{limit}", hint=hint)
        self.limit = limit
        self.retry_after_s = max(1, retry_after_s)


def unknown_job(job_id: str) -> NotFound:
    """No such job."""
    return NotFound(f"There is no job {job_id}.", code="unknown_job")


def unknown_model(model_id: str) -> NotFound:
    """No such model."""
    return NotFound(f"There is no model {model_id}.", code="unknown_model")


def unknown_task(task_id: str) -> NotFound:
    """No such task."""
    return NotFound(f"There is no task {task_id}.", code="unknown_task")


def unknown_candidate(task_id: str, n: int) -> NotFound:
    """A candidate number that a task does not have."""
    return NotFound(f"The task {task_id} has no candidate {n}.", code="unknown_candidate")


def no_preview(n: int) -> NotFound:
    """A candidate that was not scored on recorded motion."""
    return NotFound(f"Candidate {n} has no preview.", code="no_preview")


def fence_lost(job_id: str) -> Conflict:
    """Writing on behalf of a job whose lease somebody else has by now."""
    return Conflict(f"The job {job_id} is no longer held by this worker.", code="fence_lost")


def reused_key() -> Conflict:
    """An idempotency key that came back with another body."""
    return Conflict(
        "This idempotency key was used before with another request.",
        code="idempotency_key_reused",
        hint="Send a new key for a new request.",
    )
