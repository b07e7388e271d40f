"""What a person would see in a motion, and when that is said."""

from __future__ import annotations

from tabrl.control.looks import UGLIER, Look, uglier

LOOKS = (
    Look("high_feet", "a foot above the trunk", "%", 0.02),
    Look("uneven", "left and right legs are held differently", "rad", 0.06),
)


def test_what_looks_worse_is_said_with_both_figures() -> None:
    finding = uglier(LOOKS, {"high_feet": 0.0, "uneven": 0.02}, {"high_feet": 0.34, "uneven": 0.05})
    assert finding is not None
    assert finding.code == UGLIER
    assert "a foot above the trunk (34 % of the time, before 0 % of the time)" in finding.message
    assert "differently" not in finding.message


def test_what_looks_as_before_or_better_is_not_said() -> None:
    crooked = {"high_feet": 0.5, "uneven": 0.3}
    assert uglier(LOOKS, crooked, crooked) is None
    assert uglier(LOOKS, crooked, {"high_feet": 0.0, "uneven": 0.0}) is None
