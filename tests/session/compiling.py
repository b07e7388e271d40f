"""How XLA compiles in tests: with little optimisation, since graphs run a few times, and once.

What was compiled is kept in `.cache/jax`, for the other processes and for the next run. It is
machine code, so every kind of processor has a folder of its own. JAX passes over what it cannot
read, as a process that was killed may have left it; `make clean` removes all of it.
"""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

_CACHE = Path(__file__).parents[2] / ".cache/jax"
# Graphs of MJX compile in half the time, a trainer's in a third; they run at half the speed.
_FLAGS = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"


def compile_quickly() -> None:
    """For this process, which has not used JAX yet, and for those that it starts.

    What the environment says already stays.
    """
    os.environ.setdefault("XLA_FLAGS", _FLAGS)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_CACHE / _processor()))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def _processor() -> str:
    """A name for all processors that can do the same."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    can = {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    text = "\n".join([platform.machine(), *sorted(can)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
