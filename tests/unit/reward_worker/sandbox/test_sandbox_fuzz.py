"""Sources and artifacts that nobody thought of: refused or sound, never a crash of the worker.

Short by default and always the same; `make fuzz` goes on for longer, and elsewhere each time.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.source import check_source
from tabrl.rewards.vocabulary import ARRAY_ATTRIBUTES, HELPERS, JNP_FUNCTIONS
from tabrl.robots import get_robot
from tabrl_reward_worker.sandbox.client import BuiltReward, Pipeline
from tabrl_reward_worker.sandbox.supervisor import Supervisor
from tests.unit.reward_worker.sandbox.forge import SOURCE, honest

GO1 = get_robot("go1")
METHODS = state_methods_of(GO1)
EXAMPLES = int(os.environ.get("TABRL_FUZZ_EXAMPLES", "0"))
FOLDER = Path(__file__).parent / "hostile"
SEEDS = [
    entry["source"]
    for layer in ("static", "namespace", "jaxpr")
    for entry in tomllib.loads((FOLDER / f"{layer}.toml").read_text())["reward"]
    if not entry.get("slow")
]


def often(default: int) -> settings:
    return settings(
        max_examples=EXAMPLES or default,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    """Both children's work, with every layer on."""
    supervisor = Supervisor()
    supervisor.capabilities()
    yield Pipeline(supervisor, 10.0)
    assert supervisor.alive
    supervisor.close()


names = st.sampled_from(
    [
        *(f"jnp.{name}" for name in sorted(JNP_FUNCTIONS)),
        *(f"rl.{name}" for name in HELPERS),
        *(f"state.{name}" for name in METHODS),
        *("sum", "len", "range", "float", "list", "dict", "zip", "max", "action", "__import__"),
    ]
)
atoms = st.one_of(
    st.sampled_from(["action", "state.gravity()", "state.roll()", "'FL_hip'", "None", "x"]),
    st.integers(-(2**40), 2**40).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)


def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}({})".format, names, inner),
        st.builds("{}({}, {})".format, names, inner, inner),
        st.builds(
            "({} {} {})".format,
            inner,
            st.sampled_from(["+", "*", "**", "%", "@", "<", "and", "//", "if 1 else"]),
            inner,
        ),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({}).{}".format, inner, st.sampled_from(sorted(ARRAY_ATTRIBUTES))),
        st.builds("[{} for x in {}]".format, inner, inner),
        st.builds("(lambda x: {})({})".format, inner, inner),
        st.builds("{{'a': {}, 'b': {}}}".format, inner, inner),
    )


rewards = st.recursive(atoms, wider, max_leaves=12).map(
    lambda text: f"def reward(state, action):\n    return {text}\n"
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A known source with something cut out, doubled or put in."""
    source: str = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(source)))
        stop = min(len(source), start + draw(st.integers(0, 12)))
        middle = draw(st.one_of(st.just(source[start:stop] * 2), st.just(""), st.text(max_size=6)))
        source = source[:start] + middle + source[stop:]
    return source


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """An honest artifact with bytes changed, cut out, doubled or put in."""
    blob = honest().blob
    for _ in range(draw(st.integers(1, 4))):
        # Most of an artifact is text about assertions; its structure lies at both ends.
        near = draw(st.sampled_from([0, len(blob) * 7 // 8, draw(st.integers(0, len(blob)))]))
        start = min(len(blob), near + draw(st.integers(0, 4_000)))
        stop = min(len(blob), start + draw(st.integers(0, 8)))
        middle = draw(st.one_of(st.binary(max_size=8), st.just(blob[start:stop] * 2)))
        blob = blob[:start] + middle + blob[stop:]
    return blob


def refusal(action: Callable[[], object]) -> RewardError | None:
    """Do it; the error if it was refused. Anything else that is raised is a fault."""
    try:
        action()
    except RewardError as error:
        return error
    return None


@often(100)
@given(st.one_of(mutated(), rewards, st.text(max_size=200)))
def test_any_source_is_read_or_refused(source: str) -> None:
    error = refusal(lambda: check_source(source, METHODS))
    if error is not None:
        assert error.code.startswith("reward_")
        assert error.line is None or error.line >= 1


@often(10)
@given(source=st.one_of(rewards, mutated()))
def test_any_source_is_built_or_refused(pipeline: Pipeline, source: str) -> None:
    done: list[BuiltReward] = []
    error = refusal(lambda: done.append(pipeline.verify(pipeline.build(source, GO1), source, GO1)))
    if error is not None:
        # A reward may run out of time or memory; it may not bring its process down otherwise.
        assert error.code not in ("reward_crashed", "reward_refused", "reward_forbidden")
    for reward in done:
        assert pipeline.verify(reward.blob, source, GO1) == reward


@often(20)
@given(blob=bent())
def test_any_artifact_is_refused_or_written_anew(pipeline: Pipeline, blob: bytes) -> None:
    done: list[BuiltReward] = []
    error = refusal(lambda: done.append(pipeline.verify(blob, SOURCE, GO1)))
    if error is not None:
        assert error.code in ("reward_refused", "reward_crashed")
    for reward in done:
        # What was let through is canonical: read again, nothing about it changes.
        assert pipeline.verify(reward.blob, SOURCE, GO1) == reward
