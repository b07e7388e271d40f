"""Fair rank: round robin over owners, as start-time fair queueing does it with jobs of one size.

A job keeps its rank for good, so that one handed back by its worker keeps its place.
"""

from __future__ import annotations


def first_rank(own: int | None, served: int | None) -> int:
    """The rank of an owner's next job.

    Args:
        own: The highest rank of the owner's jobs that wait or were claimed; None for the first.
        served: The highest rank that was claimed so far, of anybody; None before the first claim.

    Returns:
        One behind the owner's own jobs, but not before those that others were served already: who
        comes late has nothing saved up.
    """
    return max(0 if own is None else own + 1, served or 0)
