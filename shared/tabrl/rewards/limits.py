"""How large a reward may be: the numbers that the tracing layer and the verifier share."""

from __future__ import annotations

# Raised whenever the verifier refuses, or writes otherwise, what it let through before: artifacts
# that it recorded under another number are not trained on.
VERIFIER = 3
MAX_ARTIFACT = 2_000_000  # bytes
MAX_EQUATIONS = 4_000  # of the jaxpr, a step
MAX_ELEMENTS = 4_096  # of one array, a step
# Ours take a thousand. Time and memory of a report, which nothing interrupts, are in proportion:
# it runs a reward on sixteen thousand steps at once, and an operation may keep four bytes of each.
MAX_WORK = 50_000  # elementary operations, a step
MAX_OPERATIONS = 20_000  # of the exported module, every call counted
MAX_CONSTANT_BYTES = 128 * 1024  # of all constants together
MAX_RANK = 8
MAX_CALL_DEPTH = 32
