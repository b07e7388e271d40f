"""Rewards in the forms that language models write around them: read as meant, or told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tabrl.contracts.checks import CheckSpec
from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import get_robot
from tabrl_reward_worker.llm.answers import AnswerError, read_answer
from tabrl_reward_worker.llm.checks import in_degrees
from tests.support.generators import CHECK, candidate

CATALOGUE = catalogue_of(get_robot("go1"))
CODE = 'WEIGHTS = {"good": 1.0}\n\n\ndef reward(state, action):\n    return {"good": 1.0}\n'
GOOD = candidate(CODE, name="Good")
NAMELESS = {key: value for key, value in CHECK.items() if key != "id"}


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key not in keys}


def checked(**changes: Any) -> dict[str, Any]:
    return GOOD | {"success_checks": [CHECK | changes]}


AS_MEANT: dict[str, dict[str, Any]] = {
    "words around the code": GOOD | {"code": f"Here:\n```python\n{CODE}```\nEnjoy!"},
    "an open fence": GOOD | {"code": f"```python\n{CODE}"},
    "line breaks escaped twice": GOOD | {"code": json.dumps(CODE)[1:-1]},
    "weights in the code alone": without("weights"),
    "weights of nothing": GOOD | {"weights": None},
    "weights as texts": GOOD | {"weights": {"good": "1.0"}},
    "a name without end": GOOD | {"name": "Good".ljust(99)},
    "no idea": GOOD | {"idea": None},
    "an idea without end": GOOD | {"idea": "good " * 99},
    "no phases": GOOD | {"phases_s": None},
    "checks by name": GOOD | {"success_checks": {"forward": NAMELESS}},
    "one check": GOOD | {"success_checks": CHECK},
    "a check with a remark": checked(description="it walks", threshold=None),
    "a check with an empty part": checked(part=""),
    "a check in another case": checked(quantity="Forward Speed", statistic="Mean"),
    "a bound as a text": checked(at_least="0.2"),
}


@pytest.mark.parametrize("given", AS_MEANT.values(), ids=AS_MEANT.keys())
def test_it_is_read_as_meant(given: dict[str, Any]) -> None:
    found = read_answer(json.dumps(given))
    assert found is not None
    written = found.to_candidate(CATALOGUE, "Direct")
    assert written.code.strip() == CODE.strip()
    assert written.name.strip() == "Good"
    assert written.idea
    check, falls = written.checks
    assert (check.id, check.quantity, check.at_least) == ("forward", "forward_speed", 0.2)
    assert falls.quantity == "fallen"


def test_what_has_no_name_is_given_one() -> None:
    found = read_answer(json.dumps(without("name", "idea") | {"success_checks": [NAMELESS]}))
    assert found is not None
    written = found.to_candidate(CATALOGUE, "Direct")
    assert (written.name, written.idea) == ("Direct", "Direct")
    assert written.checks[0].id == "forward_speed_mean"
    for given, shown in (("1. it-walks!", "it_walks"), (1, "forward_speed_mean")):
        found = read_answer(json.dumps(checked(id=given)))
        assert found is not None
        assert found.success_checks[0].id == shown


TOLD: dict[str, tuple[dict[str, Any] | str, str]] = {
    "no weights anywhere": (
        without("weights") | {"code": CODE.partition("\n")[2]}, "weights are missing",
    ),
    "weights without a term": (GOOD | {"weights": [["good", 1.0]]}, "weights.0"),
    "no checks": (without("success_checks"), "success_checks: Field required"),
    "a check in a unit": (checked(unit="km/h"), "success_checks.0.unit: there is no such field"),
    "a bound with a unit": (checked(at_least="0.2 m/s"), "at_least: Input should be a valid"),
    "true for a bound": (checked(at_least=True), "at_least is a number"),
    "another statistic": (checked(statistic="average"), "Input should be 'mean', 'mean_abs'"),
    "too many phases": (GOOD | {"phases_s": [2] * 8}, "phases_s: at most 7, not 8"),
    "code in parts": (GOOD | {"code": {"python": CODE}}, "code: Input should be a valid string"),
    "code by another name": (without("code") | {"python": CODE}, "code: Field required"),
    "Python and nothing else": (f"```python\n{CODE}```", "code: Field required"),
    "a comma that is missing": (json.dumps(GOOD).replace(', "code"', ' "code"'), "',' delimiter"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), TOLD.values(), ids=TOLD.keys())
def test_what_is_wrong_is_told(given: dict[str, Any] | str, words: str) -> None:
    with pytest.raises(AnswerError) as error:
        read_answer(given if isinstance(given, str) else json.dumps(given))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"quantity": "roll", "statistic": "max", "at_least": 20.0}, True),
        ({"quantity": "tilt", "statistic": "mean", "at_least": None, "at_most": 15.0}, True),
        ({"quantity": "pitch", "statistic": "share_above", "threshold": 10.0}, True),
        ({"quantity": "roll", "statistic": "max", "at_least": 0.3}, False),
        ({"quantity": "roll", "statistic": "frequency", "at_least": 7.0}, False),
        ({"quantity": "heading", "statistic": "change", "at_least": 12.6}, False),
        ({"quantity": "joint_speed", "at_least": 20.0}, False),
    ],
)
def test_bounds_in_degrees_are_told_from_radians(changes: dict[str, Any], wrong: bool) -> None:
    check = CheckSpec.model_validate(CHECK | changes)
    assert (in_degrees(check, CATALOGUE) is not None) == wrong
