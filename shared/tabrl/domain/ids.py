"""Identifiers: a prefix naming the kind and 80 random bits in lowercase base32."""

from __future__ import annotations

import base64
import secrets

_RANDOM_BYTES = 10  # exactly 16 base32 characters, no padding


def _new_id(prefix: str) -> str:
    return prefix + base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().lower()


def new_task_id() -> str:
    """A fresh `tsk_…`."""
    return _new_id("tsk_")


def new_job_id() -> str:
    """A fresh `job_…`."""
    return _new_id("job_")


def new_token_id() -> str:
    """A fresh `tok_…`."""
    return _new_id("tok_")


def new_model_id() -> str:
    """A fresh `mdl_…`."""
    return _new_id("mdl_")


def new_request_id() -> str:
    """A fresh `req_…`."""
    return _new_id("req_")
