"""Logging for all services: one JSON object a line, and never a prompt, a source or a secret."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager

import structlog
from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
)
from structlog.typing import EventDict, WrappedLogger

from tabrl.robots import refused_robots

logger = logging.getLogger("tabrl")

ID_NAMES = ("request_id", "task_id", "job_id", "owner_id")
_IDS = {
    "task_id": re.compile(r"\btsk_[a-z2-7]{16}\b"),
    "job_id": re.compile(r"\bjob_[a-z2-7]{16}\b"),
}
_SECRET_NAMES = r"token|ticket|secret|password|api[_-]?key"
_SECRETS = (
    (re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)"), "***"),
    (re.compile(r"(?i)(?<=bearer )\S+"), "***"),
    (re.compile(rf"(?i)((?:{_SECRET_NAMES})\"?[=:]\s*\"?)[^\s&\",]+"), r"\1***"),
)


def configure(level: int = logging.INFO) -> None:
    """Send everything to standard error; the launcher or the container keeps it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(json_formatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)


def json_formatter() -> logging.Formatter:
    """Entries of any logger as JSON, with the ids that are bound where they are written."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            _place_of_error,
            _ids_of_message,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_secrets,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def ids(**values: str) -> AbstractContextManager[object]:
    """Entries within the block carry these ids (`ID_NAMES`)."""
    return bound_contextvars(**values)


def begin_ids(**values: str) -> None:
    """From here on entries of this task or thread carry these ids and no others."""
    clear_contextvars()
    bind_contextvars(**values)


def add_ids(**values: str) -> None:
    """From here on entries of this task or thread carry these ids as well."""
    bind_contextvars(**values)


def current_ids() -> Mapping[str, str]:
    """The ids that entries carry here."""
    bound = get_contextvars()
    return {name: str(bound[name]) for name in ID_NAMES if name in bound}


def log_refused_robots() -> None:
    """Say which folders were meant to be robots and cannot be used, and why."""
    for refused in refused_robots():
        logger.warning("the robot in %s is left out: %s", refused.folder, refused.reason)


def where(error: BaseException) -> str:
    """The type of an exception and the lines it passed, without its message.

    Messages of foreign exceptions may quote what a user or a language model wrote.
    """
    frames = traceback.extract_tb(error.__traceback__)
    path = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {path or 'unknown'}"


def _place_of_error(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """An exception that a library logs, by its place alone."""
    raised = entry.pop("exc_info", None)
    if raised and raised[1] is not None:
        entry["error"] = where(raised[1])
    return entry


def _ids_of_message(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Ids that the message names, where none are bound: who looks for one finds every entry."""
    for name, pattern in _IDS.items():
        found = pattern.search(str(entry.get("event", "")))
        if found and name not in entry:
            entry[name] = found[0]
    return entry


def _without_secrets(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    return {name: _redacted(value) for name, value in entry.items()}


def _redacted(value: object) -> object:
    if not isinstance(value, str):
        return value
    for pattern, replacement in _SECRETS:
        value = pattern.sub(replacement, value)
    return value
