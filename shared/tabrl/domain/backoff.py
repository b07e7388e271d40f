"""How long a job waits before it is tried again."""

from __future__ import annotations

FIRST_S = 1.0
LONGEST_S = 20.0  # work goes on within half a minute of a part's return
_DOUBLINGS = 10  # 2¹⁰ s are beyond the longest


def backoff_s(failures: int, jitter: float) -> float:
    """Seconds before the next try, doubled with every failure.

    Args:
        failures: How often it failed before this time.
        jitter: From 0 to 1, at random, so that jobs that failed together do not come together.

    Returns:
        Between half of it and all of it.
    """
    longest = min(LONGEST_S, FIRST_S * 2.0 ** min(failures, _DOUBLINGS))
    return longest * (1.0 + jitter) / 2.0
