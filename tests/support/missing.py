"""What happens when a test's tool is not installed."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, package: str) -> NoReturn:
    """Skip by name on a developer's machine; in CI a skip would hide a hole, so fail."""
    reason = f"{what} is not installed (Debian package {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
