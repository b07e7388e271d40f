"""The doctor: what is set, what answers, what is missing."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial

from pydantic import ValidationError

from tabrl.adapters.settings import Settings
from tabrl_api.operator import parts, stores
from tabrl_api.operator.findings import Check, Finding, bad, examine, good, note

TIMEOUT_S = 10.0
_OTHERS = ("TABRL_LLM_", "TABRL_REWARD_")  # read by the reward worker alone
_CLIENTS = frozenset({"TABRL_URL", "TABRL_TOKEN"})
_SHOWN = frozenset({"simulator", "llm_model", "host", "port", "keep_days"})


def diagnose(environ: Mapping[str, str], others: Mapping[str, str]) -> list[Finding]:
    """Look at everything.

    Args:
        environ: The environment that the services were started with.
        others: Further parts, by name: the address of their `/readyz`.
    """
    found = [*named(environ)]
    try:
        settings = Settings()
    except ValidationError as error:
        # The values are left out: they may be secrets.
        fields = (f"TABRL_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        return [*found, *(bad("settings", text) for text in fields)]
    checks: dict[str, Check] = {
        "data": partial(stores.disk, settings),
        "page": partial(_page, settings),
        "gpu": _gpu,
        "database": partial(stores.database, settings),
        "redis": partial(stores.queue, settings),
        "store": partial(stores.store, settings),
        "language model": partial(parts.language_model, settings, environ),
        "robot": partial(stores.robots, settings),
    }
    for name, url in {**parts.ready_addresses(settings), **others}.items():
        checks[name] = partial(parts.part, name, url)
    return [*found, *examine(checks, TIMEOUT_S)]


def named(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Which settings are set, and which variables look like one and are none."""
    fields = {f"TABRL_{name.upper()}": name for name in Settings.model_fields}
    files = {f"{name}_FILE": field for name, field in fields.items()}
    ours = sorted(name for name in environ if name.startswith("TABRL_"))
    known = [name for name in ours if _known(name, {**fields, **files})]
    shown = [f"{name}={environ[name]}" if fields.get(name) in _SHOWN else name for name in known]
    yield good("settings", f"set: {', '.join(shown)}" if shown else "none is set: all defaults")
    for name in ours:
        if name in known:
            continue
        close = difflib.get_close_matches(name, fields, n=1, cutoff=0.75)
        meant = f" (did you mean {close[0]}?)" if close else ""
        yield note("settings", f"{name} is no setting{meant}")


def _known(name: str, fields: Mapping[str, str]) -> bool:
    return name in fields or name in _CLIENTS or name.startswith(_OTHERS)


def _page(settings: Settings) -> Iterator[Finding]:
    if (settings.web_dist / "index.html").is_file():
        yield good("page", f"built, in {settings.web_dist.absolute()}")
    else:
        yield bad("page", f"is not built: {settings.web_dist.absolute()} has no index.html")


def _gpu() -> Iterator[Finding]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        yield note("gpu", "none seen: trainings run on the CPU")
        return
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    ended = subprocess.run(query, capture_output=True, text=True, timeout=5.0, check=False)
    if ended.returncode:
        yield bad("gpu", "nvidia-smi fails: the driver does not answer")
    else:
        yield good("gpu", "; ".join(ended.stdout.strip().splitlines()))
