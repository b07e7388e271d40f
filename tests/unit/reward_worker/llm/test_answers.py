"""Answers of language models that are not quite JSON, or not only: read the way they were meant."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tabrl_reward_worker.llm.answers import AnswerError, read_answer
from tabrl_reward_worker.llm.lenient import read as read_objects
from tabrl_reward_worker.llm.thoughts import without_thoughts
from tests.support.generators import candidate

LINES = ['WEIGHTS = {"good": 1.0}', "def reward(state, action):", '    return {"good": 1.0}']
CODE = "\n".join(LINES)
GOOD = candidate(CODE, name="Good")
DRAFT = candidate("draft", name="Draft")
TEXT = json.dumps(GOOD)


def raw(**fields: str) -> str:
    """The good answer with some fields written as they stand."""
    written = {key: json.dumps(value) for key, value in GOOD.items()} | fields
    return "{" + ", ".join(f'"{key}": {value}' for key, value in written.items()) + "}"


def read(text: str, position: int = 0) -> Any:
    return read_answer(text, position)


AS_MEANT = {
    "trailing comma": TEXT[:-1] + ",}",
    "trailing commas within": TEXT.replace("}]", "},]"),
    "commas over several lines": json.dumps(GOOD, indent=2).replace("\n}", ",\n}"),
    "Python's False": raw(declined="False"),
    "Python's None": raw(declined="False", phases_s="[]", threshold="None"),
    "a Python dict": repr(GOOD),
    "single quotes": TEXT.replace('\\"', "§").replace('"', "'").replace("§", '"'),
    "names without quotes": raw().replace('"declined":', "declined:").replace('"idea":', "idea:"),
    "a comment at the end of a line": raw().replace('"idea"', '// in short\n "idea"'),
    "a comment between": raw().replace('"idea"', '/* "idea": {"no": 1}, */ "idea"'),
    "Python's comment": raw().replace('"idea"', '# what it is: "so"\n "idea"'),
    "triple quotes": raw(code=f'"""{CODE}"""'),
    "triple quotes on their own lines": raw(code=f'"""\n{CODE}\n"""'),
    "three single quotes": raw(code=f"'''{CODE}'''"),
    "a raw string": raw(code=f'r"""{CODE}"""'),
    "triple quotes with escaped ones": raw(code='"""' + CODE.replace('"', '\\"') + '"""'),
    "backquotes": raw(code=f"`{CODE}`"),
    "everything at once": "{\n" + raw(code=f'"""{CODE}"""', declined="False")[1:-1] + ", # so\n}",
    "line breaks within, and a comma": (TEXT[:-1] + ",}").replace("\\n", "\n"),
    "a list of lines": json.dumps(GOOD | {"code": LINES}),
    "a list of lines with their ends": json.dumps(GOOD | {"code": [f"{line}\n" for line in LINES]}),
    "a wrapper": json.dumps({"candidate": GOOD}),
    "another wrapper": json.dumps({"reward_function": GOOD}),
    "wrappers in wrappers": json.dumps({"answer": {"result": {"candidate": GOOD}}}),
    "a wrapper with its own fields": json.dumps({"declined": False, "candidate": GOOD}),
    "a wrapper around a list": json.dumps({"output": [GOOD]}),
    "a list": json.dumps([GOOD]),
    "a wrapper in prose": f"Here:\n```json\n{json.dumps({'candidate': GOOD}, indent=1)}\n```\nBye!",
    "no opening tag": f"First {json.dumps(DRAFT)}? No.\n</think>\n{TEXT}",
    "no opening tag, in capitals": f"Hm. {json.dumps(DRAFT)}</THINK>{TEXT}",
    "no opening tag of thinking": f"{json.dumps(DRAFT)}</thinking>\n\n```json\n{TEXT}\n```",
    "no opening tag of another name": f"{json.dumps(DRAFT)}\n</thought>{TEXT}",
    "brackets": f"[THINK]{json.dumps(DRAFT)}[/THINK]{TEXT}",
    "thoughts within thoughts": f"<think>a <think>b</think> {json.dumps(DRAFT)}</think>{TEXT}",
    "thoughts after it": f"{TEXT}\n<think>{json.dumps(DRAFT)}</think>",
    "thoughts that never end": f"<think>Perhaps {json.dumps(DRAFT)}? Better: {TEXT}",
    "channels": f"<|channel|>analysis<|message|>{json.dumps(DRAFT)}<|end|><|start|>assistant"
    f"<|channel|>final<|message|>{TEXT}<|return|>",
    "channels without their brackets": f"analysisSo {json.dumps(DRAFT)}?assistantfinal{TEXT}",
    "a call on a channel": "<|channel|>commentary to=functions.write <|constrain|>json<|message|>"
    + TEXT,
    "marks in capitals": f"<|START_THINKING|>{json.dumps(DRAFT)}<|END_THINKING|>{TEXT}",
    "thoughts with attributes": f'<think budget="9">{json.dumps(DRAFT)}</think>{TEXT}',
    "sets and formulas before it": "\\frac{1}{2} {a} " * 50 + TEXT,
    "a form that cannot be read, before it": f'As {{"name": ..., "code": ...}}:\n{TEXT}',
    "a JSON string": json.dumps(TEXT),
    "a JSON string in a wrapper": json.dumps({"arguments": TEXT}),
    "a typesetter's quotes": re.sub(r'(?<!\\)"', "”", TEXT),
    "a draft and then the answer": f"Draft: {json.dumps(DRAFT)}\nFinal: {TEXT}",
    "a remark after it": f'{TEXT}\nYou could weigh it with {{"weights": {{"good": 2}}}} too.',
}


@pytest.mark.parametrize("answer", AS_MEANT.values(), ids=AS_MEANT.keys())
def test_it_is_read_the_way_it_was_meant(answer: str) -> None:
    found = read(answer)
    assert found is not None
    assert found.name == "Good"
    assert found.code.strip() == CODE
    assert found.weights[0].weight == 1.0


def test_what_looks_like_another_language_within_strings_stays() -> None:
    code = 'x = [1, 2,]  # None, // True\n"""So \'it\' is: `a`."""\n/* no */\n'
    for answer in (
        json.dumps(GOOD | {"code": code}),
        json.dumps(GOOD | {"code": code})[:-1] + ",}",
    ):
        assert read(answer).code == code


@pytest.mark.parametrize(
    "answer",
    [
        f"Perhaps {json.dumps(DRAFT)}, or else.\n</think>",
        f"Perhaps {json.dumps(DRAFT)}, or else.\n</think>\nI am not sure.",
        f'{json.dumps(DRAFT)}</think>{{"name": "Good", "code": "cut',
        f'Draft: {json.dumps(DRAFT)} Final: {{"name": "Good", "code": "cut',
        f'Draft: {json.dumps(DRAFT)} Final: {{"name": "Good" "code": "cut"}}',
        f'{{"name": "Good" "candidates": [{json.dumps(DRAFT)}]}}',
        f"{json.dumps(DRAFT)}<|END_THINKING|>Well.",
        f"<think>{json.dumps(DRAFT)}</think>",
    ],
)
def test_a_draft_is_never_the_answer(answer: str) -> None:
    with pytest.raises(AnswerError):
        read(answer)


@pytest.mark.parametrize(
    "answer",
    [
        '{"declined": True, "name": "", "code": ""}',
        '{"candidate": {"declined": true, "code": ""}}',
        '{"declined": true}',
        '{"declined": "true", "reason": "no wings",}',
        'I fear not: {"candidates": []}',
    ],
)
def test_a_model_declines_in_other_words_too(answer: str) -> None:
    assert read(answer) is None


@pytest.mark.parametrize(
    "several",
    [
        json.dumps({"candidates": [candidate(f"good {n}") for n in range(3)]}),
        json.dumps([candidate(f"good {n}") for n in range(3)]),
        "\n".join(json.dumps(candidate(f"good {n}")) for n in range(3)),
        json.dumps({"rewards": {style: candidate(f"good {style}") for style in range(3)}}),
    ],
)
def test_of_several_each_writer_takes_another(several: str) -> None:
    assert [read(several, n).code for n in range(4)] == ["good 0", "good 1", "good 2", "good 0"]


def test_what_cannot_be_read_is_told_by_its_line_and_not_by_what_is_left_of_it() -> None:
    broken = raw(code='"x = state["y"]"', idea='"so"').replace(', "idea"', ',\n"idea"')
    with pytest.raises(AnswerError, match="line 2"):
        read(broken)
    with pytest.raises(AnswerError, match="code: Field required"):
        read('{"candidate": {"title": "Trot"}}')
    for nothing, words in (("", "empty"), ("Sure!", "no JSON"), ("<think>Hm</think> ", "empty")):
        with pytest.raises(AnswerError, match=words):
            read(nothing)


def test_what_is_hostile_takes_no_time() -> None:
    started = time.process_time()
    for text in (
        "{" * 100_000,
        '{"a":' * 50_000,
        '{\'a\': """' * 20_000,
        "<think>" * 30_000 + "</think>" * 20_000,
        "{'" + "\\'" * 29_000,
        "{" + "/*" * 29_000,
        '{"' + '\\"' * 90_000,
        '{"a": ' + '"' * 90_001,
    ):
        assert read_objects(text).attempts == []
    assert time.process_time() - started < 20.0


def test_only_thoughts_are_taken_away() -> None:
    assert without_thoughts("a < b, <b>bold</b>") == "a < b, <b>bold</b>"
    assert without_thoughts("<seed:think>no</seed:think>yes") == "yes"
