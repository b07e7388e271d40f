"""The few forms of PromQL that the dashboards are made of.

What all replicas of the api share is taken once, by `shared`; what each process has of its own is
added up, by `total`.
"""

from __future__ import annotations

WINDOW = "5m"


def shared(gauge: str, *by: str) -> str:
    """A gauge that says the same in every replica."""
    return f"max{_by(by)} ({gauge})"


def total(gauge: str, *by: str) -> str:
    """A gauge that each process has its own share of."""
    return f"sum{_by(by)} ({gauge})"


def rate(counter: str, *by: str, window: str = WINDOW) -> str:
    """What a counter counts in a second, all processes together."""
    summed = f"sum{_by(by)} (rate({counter}[{window}]))"
    return summed if by else f"{summed} or vector(0)"


def count(counter: str, *by: str, window: str = "1h") -> str:
    """What a counter counted in a window, all processes together."""
    summed = f"sum{_by(by)} (increase({counter}[{window}]))"
    return summed if by else f"{summed} or vector(0)"


def mean(histogram: str, *by: str, where: str = "", window: str = WINDOW) -> str:
    """The mean of what was observed in a window; `where` is a selector such as `{kind="train"}`."""
    above = f"sum{_by(by)} (rate({histogram}_sum{where}[{window}]))"
    return f"{above} / sum{_by(by)} (rate({histogram}_count{where}[{window}]))"


def quantile(share: float, histogram: str, *by: str, where: str = "", window: str = WINDOW) -> str:
    """What a share of the observations in a window stays below; `where` is a selector."""
    rates = f"sum{_by(('le', *by))} (rate({histogram}_bucket{where}[{window}]))"
    return f"histogram_quantile({share:g}, {rates})"


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""
