"""`tabrl token`, TABRL_TOKEN, and what is refused before anything starts."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tabrl_local import launcher
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.stack import LaunchOptions, build, storage
from tabrl_local.tokens.process import raise_unless_guarded

PROBLEM = (401, {"status": 401, "code": "log_in", "detail": "This server asks for a token."})


def test_a_token_is_made_listed_and_revoked(tabrl: Any, tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    code, secret, told = tabrl("token", "create", "Ada@lab.example", "--note", "laptop", *data)
    secret = secret.strip()
    assert (code, secret[:6]) == (0, "tabrl_")
    assert "shown this once" in told
    listed = json.loads(tabrl("token", "list", "--json", *data)[1])
    assert [(one["owner"], one["note"]) for one in listed] == [("ada@lab.example", "laptop")]
    kept = "\n".join(sqlite3.connect(tmp_path / "tabrl.db").iterdump())
    assert "ada@lab.example" in kept
    assert secret not in kept

    assert tabrl("token", "revoke", listed[0]["id"], *data)[0] == 0
    (row,) = tabrl("token", "list", *data)[1].splitlines()[1:]
    assert row.split()[0] == listed[0]["id"]
    assert row.split()[-1] == "laptop"
    assert len(row.split()) == 7  # with a day and a time of its end
    code, _, told = tabrl("token", "revoke", "tok_none", *data)
    assert (code, "no token tok_none" in told) == (1, True)


def test_the_token_goes_with_every_request(
    api: Any, tabrl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABRL_TOKEN", "tabrl_mine")
    assert tabrl("jobs")[0] == 0
    assert api.requests[-1][3]["Authorization"] == "Bearer tabrl_mine"
    with Api(api.url) as client:
        list(client.events("job_1", lambda _: None))
    assert api.requests[-1][3]["Authorization"] == "Bearer tabrl_mine"
    assert "tabrl_mine" not in "".join(path for _, path, _, _ in api.requests)


def test_the_token_goes_to_no_other_address(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABRL_TOKEN", "tabrl_mine")
    api.blobs["/elsewhere"] = b"x"
    with Api("http://localhost:9") as client:
        client.fetch(f"{api.url}/elsewhere")
    assert "Authorization" not in api.requests[-1][3]


def test_without_a_token_the_variable_is_named(api: Any, tabrl: Any) -> None:
    api.problem = PROBLEM
    code, _, told = tabrl("jobs")
    assert code == 1
    assert "TABRL_TOKEN" in told


def test_other_addresses_want_a_token(tmp_path: Path) -> None:
    options = LaunchOptions(host="0.0.0.0", data=tmp_path)
    with pytest.raises(CommandError) as refused:
        raise_unless_guarded(storage(options, {}))
    assert refused.value.code == "no_token"
    assert "TABRL_AUTH=none" in str(refused.value)
    assert "tabrl token create" in str(refused.value)
    raise_unless_guarded(storage(options, {"TABRL_AUTH": "none"}))
    with pytest.raises(CommandError, match="TABRL_TRUSTED_PROXIES"):
        raise_unless_guarded(storage(options, {"TABRL_AUTH": "proxy"}))


def test_the_launcher_asks_before_it_starts_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABRL_AUTH", raising=False)
    from rich.console import Console

    with pytest.raises(CommandError, match="TABRL_AUTH=none"):
        launcher.up(LaunchOptions(host="0.0.0.0", data=tmp_path), Console(stderr=True))
    assert not (tmp_path / "logs").exists()


def test_no_service_is_told_the_callers_token(tmp_path: Path) -> None:
    options = LaunchOptions(port=27_411, data=tmp_path)
    for spec in build(options, {"TABRL_TOKEN": "tabrl_mine"}).specs:
        assert "TABRL_TOKEN" not in spec.environment
