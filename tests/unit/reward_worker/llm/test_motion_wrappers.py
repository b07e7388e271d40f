"""What stands around the motions of a language model: wrappers, thoughts, drafts and reasons."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tabrl.robots import get_robot
from tabrl_reward_worker.llm.answers import AnswerError
from tabrl_reward_worker.llm.motions.answers import MotionAnswer, read_motions
from tests.unit.reward_worker.llm.motions import MARCH, STROLL, said

GO1 = get_robot("go1")


def read(given: Any) -> MotionAnswer:
    return read_motions(given if isinstance(given, str) else json.dumps(given), GO1)


TAIL = "the tail"
NAMES = ["Stroll", "March"]
BOTH = [STROLL, MARCH]


@pytest.mark.parametrize(
    ("given", "names", "unsaid"),
    [
        ({"declined": False, "unsaid": TAIL, "answer": {"motions": BOTH}}, NAMES, TAIL),
        (f'{{"unsaid": "{TAIL}"}}\n{json.dumps({"motions": BOTH})}', NAMES, TAIL),
        (f'{json.dumps(BOTH)}\n{{"unsaid": "{TAIL}"}}', NAMES, TAIL),
        ([STROLL | {"unsaid": TAIL}, MARCH | {"unsaid": "None"}], NAMES, TAIL),
        (said(STROLL | {"unsaid": TAIL}, MARCH), NAMES, TAIL),
        ({"motion": STROLL["motion"], "unsaid": TAIL, "declined": False}, ["Motion 1"], TAIL),
        (said(*BOTH) | {"unsaid": [TAIL, "the ears"]}, NAMES, f"{TAIL}; the ears"),
        (said(*BOTH) | {"unsaid": {"tail": "does not wag"}}, NAMES, "does not wag"),
        *(
            (said(*BOTH) | {"unsaid": nothing}, NAMES, "")
            for nothing in (None, False, [], [""], "None", "none.", "N/A", "-", "Nothing.", "null")
        ),
        (said(*BOTH, unsaid="Nothing is missing."), NAMES, ""),
        (said(*BOTH, unsaid="Nothing here wags a tail"), NAMES, "Nothing here wags a tail"),
        (f"{json.dumps(said(STROLL))}\n{json.dumps(said(MARCH, unsaid=TAIL))}", NAMES, TAIL),
        (f'{json.dumps(said(*BOTH))}\nSo {{"declined": false}}.', NAMES, ""),
        (f"# One\n{json.dumps(STROLL)}\n# Two\n```json\n{json.dumps(MARCH)}\n```", NAMES, ""),
        (f"Draft: {json.dumps(STROLL | MARCH['motion'])}. {json.dumps(STROLL)}", NAMES[:1], ""),
        (f"Draft: {json.dumps(said(MARCH))}. Now: {json.dumps(said(STROLL))}", NAMES[:1], ""),
        (json.dumps(json.dumps(said(*BOTH))), NAMES, ""),
        ({"name": "answer", "arguments": json.dumps(said(*BOTH))}, NAMES, ""),
        (f"<tool_call>{json.dumps({'arguments': said(*BOTH)})}</tool_call>", NAMES, ""),
        ({"unsaid": "", "motions": json.dumps(BOTH)}, NAMES, ""),
        ("$\\frac{1}{2}$ " * 99 + json.dumps(said(*BOTH)), NAMES, ""),
        (json.dumps(said(*BOTH)).replace('"', "”"), NAMES, ""),
    ],
)
def test_nothing_that_is_said_is_lost(given: Any, names: list[str], unsaid: str) -> None:
    answer = read(given)
    assert [one.name for one in answer.motions] == names
    assert answer.unsaid == unsaid
    assert not answer.declined


@pytest.mark.parametrize("declined", [True, 1, "true", "Yes", "It has no wings."])
def test_a_model_declines_in_many_words(declined: Any) -> None:
    for given in (
        said() | {"declined": declined},
        {"declined": declined, "answer": {"motions": []}},
        f"{json.dumps(said(STROLL))}\nNo: {json.dumps({'declined': declined})}",
    ):
        assert read(given).declined


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (said(STROLL, declined=True), "give one or the other"),
        (said(STROLL) | {"unsaid": True}, "unsaid: say in a few words"),
        (said() | {"unsaid": "no"}, "motions is empty"),
        ({"motions": 3}, "give a list"),
        (said(*BOTH) | {"repeat": True}, "repeat stands beside the motions"),
        ('{"motions": [], "motions": [1]}', '"motions" is given twice'),
        (f'{{"unsaid": "{TAIL}" "motions": {json.dumps(BOTH)}}}', "Expecting ',' delimiter"),
        (f'{json.dumps(said(MARCH))} Better: {{"motions": [{json.dumps(STROLL)}', "Expecting"),
        (f'<|channel|>analysis<|message|>{json.dumps(said(MARCH))}<|end|><|start|>assistant'
         '<|channel|>final<|message|>{"motions": [', "Expecting"),
        (f"<|START_THINKING|>{json.dumps(said(MARCH))}<|END_THINKING|>Hm.", "no JSON object"),
        (f'<thinking budget="9">{json.dumps(said(MARCH))}</thinking>Hm.', "no JSON object"),
        (f'analysisOr {json.dumps(said(MARCH))}?assistantfinal{{"motions": [', "Expecting"),
        ("I'm sorry, but I can't help with that.", "no JSON object"),
    ],
)  # fmt: skip
def test_what_is_left_of_an_answer_is_none(given: Any, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        read(given)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (f"<think>Perhaps {json.dumps(said(MARCH))}", False),
        (f"Perhaps {json.dumps(said(MARCH))}, or not. Wait, the", False),
        (f'{json.dumps(said(MARCH))}\nBetter: {{"motions": [{json.dumps(STROLL)}', False),
        (f"{json.dumps(said(MARCH))}\nIt marches, and", True),
        (f"```json\n{json.dumps(said(MARCH))}\n```\nIt marches, and", True),
        (f"Sure:\n{json.dumps(said(MARCH))}", True),
    ],
)
def test_of_what_was_cut_off_a_draft_is_no_answer(text: str, whole: bool) -> None:
    if whole:
        assert [one.name for one in read_motions(text, GO1, cut_off=True).motions] == ["March"]
        return
    with pytest.raises(AnswerError):
        read_motions(text, GO1, cut_off=True)
