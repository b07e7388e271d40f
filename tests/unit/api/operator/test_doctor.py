"""What the doctor says of settings and parts that hang, break or hold secrets."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tabrl.adapters.settings import Settings
from tabrl.domain.errors import Unavailable
from tabrl_api.operator.doctor import named
from tabrl_api.operator.findings import (
    Finding,
    Level,
    bad,
    examine,
    good,
    note,
    screen,
    without_secret,
)
from tabrl_api.operator.parts import language_model, ready_addresses


def test_a_part_that_hangs_holds_nobody_up() -> None:
    ended = threading.Event()

    def hangs() -> list[Finding]:
        ended.wait(30)
        return []

    def refuses() -> list[Finding]:
        raise Unavailable("It is down.", code="down", hint="Start it.")

    def breaks() -> list[Finding]:
        raise RuntimeError("postgresql://user:SECRET@host")

    checks = {"a": hangs, "b": refuses, "c": breaks, "d": lambda: [good("d", "answers")]}
    found = examine(checks, timeout_s=0.2)
    ended.set()
    assert [(one.part, one.level) for one in found] == [
        ("a", Level.BAD), ("b", Level.BAD), ("c", Level.BAD), ("d", Level.GOOD),
    ]  # fmt: skip
    assert "within 0.2 s" in found[0].text
    assert found[1].text == "It is down. Start it."
    assert "SECRET" not in screen(found)


def test_the_screen_ends_with_how_it_is() -> None:
    assert screen([good("a", "x"), note("bc", "y")]) == "✓ a   x\n– bc  y\nall is well"
    assert screen([bad("a", "x")]).endswith("1 to be seen to")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://me:SECRET@db:5432/tabrl", "postgresql+psycopg://db:5432/tabrl"),
        ("redis://:SECRET@redis:6379/0", "redis://redis:6379/0"),
        ("https://llm.example/v1?api_key=SECRET", "https://llm.example/v1"),
        ("sqlite:////data/tabrl.db", "sqlite:////data/tabrl.db"),
        ("unix:///run/redis.sock?password=SECRET", "unix:///run/redis.sock"),
        ("file:///data/objects", "file:///data/objects"),
    ],
)
def test_addresses_are_shown_without_their_secrets(url: str, shown: str) -> None:
    assert without_secret(url) == shown


def test_settings_are_named_and_strange_ones_pointed_out() -> None:
    environ = {
        "TABRL_DATABASE_URL": "postgresql://x:SECRET@y/z",
        "TABRL_DATABSE_URL": "SECRET",
        "TABRL_LLM_TIMEOUT": "30",
        "TABRL_PORT": "8500",
        "HOME": "/root",
    }
    first, second = named(environ)
    assert first == good("settings", "set: TABRL_DATABASE_URL, TABRL_LLM_TIMEOUT, TABRL_PORT=8500")
    assert second.level is Level.NOTE
    assert second.text == "TABRL_DATABSE_URL is no setting (did you mean TABRL_DATABASE_URL?)"


def test_a_language_model_is_asked_for_and_its_key_named_but_never_shown() -> None:
    def said(settings: Settings, **environ: str) -> Finding:
        found: Iterator[Finding] = language_model(settings, environ)
        return next(found)

    assert said(Settings()).level is Level.NOTE
    model = Settings(llm_model="openai/gpt")
    assert said(model).level is Level.NOTE
    keyed = said(model, OPENAI_API_KEY="SECRET")
    assert keyed == good("language model", "openai/gpt, keys set: OPENAI_API_KEY")
    silent = said(model.model_copy(update={"llm_api_base": "http://127.0.0.1:9/v1"}))
    assert silent.level is Level.BAD
    assert "http://127.0.0.1:9/v1" in silent.text


def test_parts_are_asked_on_this_machine() -> None:
    settings = Settings(
        host="0.0.0.0", port=8500, inference_url="wss://robots.example/inference",
        exporter_url="http://exporter:8403",
    )  # fmt: skip
    assert ready_addresses(settings) == {
        "api": "http://127.0.0.1:8500/readyz",
        "inference": "https://robots.example/inference/readyz",
        "exporter": "http://exporter:8403/readyz",
    }
