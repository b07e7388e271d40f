"""Checks of the parts that answer over a socket: api, inference, workers, a language model."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tabrl.adapters.settings import Settings
from tabrl_api.operator.findings import Finding, bad, good, note, without_secret

_TIMEOUT_S = 3.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})


def part(name: str, url: str) -> Iterator[Finding]:
    """A part by its `/readyz`."""
    status, text = _ask(url)
    if status == 200:
        yield good(name, f"ready at {without_secret(url)}")
    elif status is None:
        yield bad(name, f"does not answer at {without_secret(url)} ({text})")
    else:
        yield bad(name, f"is not ready: {status} {text}")


def ready_addresses(settings: Settings) -> Mapping[str, str]:
    """Where api, inference and exporter say whether they are ready."""
    host = "127.0.0.1" if settings.host in _WILDCARDS else settings.host
    host = f"[{host}]" if ":" in host else host
    found = {"api": f"http://{host}:{settings.port}/readyz"}
    for number, address in enumerate(settings.inference, start=1):
        name = "inference" if number == 1 else f"inference {number}"
        found[name] = f"{address.replace('ws', 'http', 1)}/readyz"
    found["exporter"] = f"{settings.exporter.rstrip('/')}/readyz"
    return found


def language_model(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether one is named, has a key and, where it has an address of its own, answers."""
    name = "language model"
    if not settings.llm_model:
        yield note(name, "none is set (TABRL_LLM_MODEL): the offline composer writes rewards")
        return
    keys = sorted(key for key in environ if key.endswith(("_API_KEY", "_API_KEY_FILE")))
    known = f"keys set: {', '.join(keys)}" if keys else "no …_API_KEY is set here"
    base = settings.llm_api_base.rstrip("/")
    if not base:
        yield (good if keys else note)(name, f"{settings.llm_model}, {known}")
        return
    status, text = _ask(f"{base}/models")
    place = without_secret(base)
    if status is None:
        yield bad(name, f"{settings.llm_model}: nothing answers at {place} ({text})")
    elif status >= 500:
        yield bad(name, f"{settings.llm_model}: {place} answers {status}")
    else:
        yield good(name, f"{settings.llm_model} at {place}, {known}")


def _ask(url: str) -> tuple[int | None, str]:
    """Status and the first line of an answer; no status where nothing answers."""
    local = urlsplit(url).hostname in _LOOPBACK
    # A proxy from the environment is for the outside, not for this machine.
    proxies = urllib.request.ProxyHandler({} if local else None)
    try:
        with urllib.request.build_opener(proxies).open(url, timeout=_TIMEOUT_S) as reply:
            return reply.status, _line(reply.read(200))
    except urllib.error.HTTPError as error:
        return error.code, _line(error.read(200))
    except (OSError, ValueError) as error:
        errno = getattr(getattr(error, "reason", error), "errno", None)
        return None, os.strerror(errno) if isinstance(errno, int) else "no answer"


def _line(text: bytes) -> str:
    return text.decode(errors="replace").strip().partition("\n")[0][:120]
