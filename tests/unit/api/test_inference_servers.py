"""Models shared out among inference servers."""

from __future__ import annotations

from collections import Counter

from tabrl_api.models.inference import InferenceServers, ranked

SERVERS = [f"ws://inference-{n}.example" for n in range(4)]
MODELS = [f"mdl_{n}" for n in range(400)]


def test_models_are_shared_out_evenly_and_always_in_the_same_way() -> None:
    first = Counter(ranked(SERVERS, model)[0] for model in MODELS)
    assert set(first) == set(SERVERS)
    assert min(first.values()) > 60
    for model in MODELS:
        assert ranked(SERVERS[::-1], model) == ranked(SERVERS, model)


def test_only_the_models_of_a_server_that_is_gone_move() -> None:
    gone: set[str] = set()
    servers = InferenceServers(SERVERS, answers=lambda address: address not in gone)
    servers.look()
    before = {model: servers.address(model) for model in MODELS}
    gone.add(SERVERS[1])
    servers.look()
    after = {model: servers.address(model) for model in MODELS}
    moved = {model for model in MODELS if before[model] != after[model]}
    assert moved == {model for model in MODELS if before[model] == SERVERS[1]}
    assert len({after[model] for model in moved}) == 3
    gone.clear()
    servers.look()
    assert {model: servers.address(model) for model in MODELS} == before


def test_without_any_answer_the_first_choice_stands() -> None:
    servers = InferenceServers(SERVERS, answers=lambda _: False)
    servers.look()
    assert servers.address("mdl_a") == ranked(SERVERS, "mdl_a")[0]


def test_a_server_alone_is_never_asked() -> None:
    asked: list[str] = []
    servers = InferenceServers(SERVERS[:1], answers=lambda one: bool(asked.append(one)))
    servers.start()
    servers.stop()
    assert servers.address("mdl_a") == SERVERS[0]
    assert asked == []
