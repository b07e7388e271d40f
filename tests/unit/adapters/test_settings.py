"""Settings, URLs and who may talk to a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabrl.adapters.logs import log_refused_robots
from tabrl.adapters.owner_limits import DEFAULTS, OwnerLimits
from tabrl.adapters.redis_url import for_celery, for_redis
from tabrl.adapters.settings import Settings
from tabrl.adapters.web.address import TrustedProxies
from tabrl.adapters.web.origin import OriginRules
from tabrl.robots import registry


def test_empty_urls_point_into_the_data_directory(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, inference_port=9000)
    assert settings.database == f"sqlite:///{tmp_path}/tabrl.db"
    assert settings.blobs == f"file://{tmp_path}/objects"
    assert settings.inference == ("ws://127.0.0.1:9000",)


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABRL_PORT", "9")
    monkeypatch.setenv("TABRL_ALLOWED_ORIGINS", "http://a:1, https://b/")
    settings = Settings()
    assert settings.port == 9
    assert settings.allowed_origins == ("http://a:1", "https://b")


def test_a_refused_robot_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "robot.toml").write_text("name = ")
    monkeypatch.setenv("TABRL_ROBOTS", str(tmp_path))
    registry.forget()
    try:
        log_refused_robots()
    finally:
        monkeypatch.undo()
        registry.forget()
    (entry,) = caplog.messages
    assert entry.startswith("the robot in broken is left out: ")


@pytest.mark.parametrize(
    ("url", "redis", "celery"),
    [
        ("redis://h:1/2", "redis://h:1/2", "redis://h:1/2"),
        ("unix:///a/b.sock", "unix:///a/b.sock?db=0", "redis+socket:///a/b.sock?virtual_host=0"),
        (
            "redis+socket:///a/b.sock?virtual_host=3",
            "unix:///a/b.sock?db=3",
            "redis+socket:///a/b.sock?virtual_host=3",
        ),
    ],
)
def test_redis_urls(url: str, redis: str, celery: str) -> None:
    assert for_redis(url) == redis
    assert for_celery(url) == celery


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8400", True),
        ("localhost", True),
        ("[::1]:8400", True),
        ("lab.example:443", True),
        ("page.example", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("[", False),
        ("", False),
        (None, False),
    ],
)
def test_hosts(host: str | None, allowed: bool) -> None:
    settings = Settings(allowed_hosts=("lab.example",), allowed_origins=("https://page.example",))
    assert OriginRules(settings).host_allowed(host) is allowed


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://127.0.0.1:8400", True),
        ("https://page.example", True),
        ("http://127.0.0.1:9999", False),
        ("http://evil.example", False),
        ("null", False),
        ("file://127.0.0.1:8400", False),
        ("http://[", False),
    ],
)
def test_origins(origin: str | None, allowed: bool) -> None:
    rules = OriginRules(Settings(allowed_origins=("https://page.example",)))
    assert rules.origin_allowed(origin, "127.0.0.1:8400") is allowed


@pytest.mark.parametrize(
    ("site", "allowed"),
    [("same-origin", True), ("same-site", False), ("cross-site", False), ("none", False)],
)
def test_browsers_say_themselves_what_is_of_the_same_origin(site: str, allowed: bool) -> None:
    """Behind a proxy that puts its own Host nothing else could tell."""
    rules = OriginRules(Settings())
    assert rules.origin_allowed("http://localhost:5173", "127.0.0.1:8400", site) is allowed


@pytest.mark.parametrize(
    ("given", "way"),
    [
        ({}, "none"),
        ({"auth": ""}, "none"),
        ({"host": "::1"}, "none"),
        ({"host": "127.0.0.53"}, "none"),
        ({"host": "0.0.0.0"}, "token"),
        ({"host": "lab.example"}, "token"),
        ({"host": "0.0.0.0", "auth": "none"}, "none"),
        ({"auth": "token"}, "token"),
        ({"auth": "proxy"}, "proxy"),
    ],
)
def test_who_logs_in(given: dict[str, str], way: str) -> None:
    assert Settings(**given).log_in == way  # type: ignore[arg-type]


def test_limits_are_defaults_only_where_people_log_in() -> None:
    assert OwnerLimits.of(Settings()) == OwnerLimits()
    assert OwnerLimits.of(Settings(auth="token")) == DEFAULTS
    some = OwnerLimits.of(Settings(limit_jobs=3, limit_llm_usd=0.5))
    assert (some.jobs, some.llm_usd, some.models) == (3, 0.5, None)
    assert OwnerLimits.of(Settings(auth="token", limit_jobs=0)).jobs is None


def test_every_limit_is_in_one_table() -> None:
    text = (Path(__file__).parents[3] / "docs/settings.md").read_text()
    for name, value in vars(DEFAULTS).items():
        (row,) = [line for line in text.splitlines() if f"| `TABRL_LIMIT_{name.upper()}` |" in line]
        assert f"`{value:g}`" in row, name


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.5", "203.0.113.7", "203.0.113.7"),
        ("::ffff:10.0.0.5", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.5", "1.2.3.4, 203.0.113.7", "203.0.113.7"),  # who is before that may be made up
        ("10.0.0.5", "203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("10.0.0.5", None, "10.0.0.5"),
        ("203.0.113.7", "10.0.0.5", "203.0.113.7"),
        (None, "203.0.113.7", ""),
    ],
)
def test_who_stands_behind_a_proxy(peer: str | None, forwarded: str | None, client: str) -> None:
    assert TrustedProxies(("10.0.0.0/8",)).client(peer, forwarded) == client


def test_a_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(trusted_proxies="proxy.example")  # type: ignore[arg-type]


def test_any_host_only_when_asked() -> None:
    assert OriginRules(Settings(allowed_hosts=("*",))).host_allowed("anything")
    assert OriginRules(Settings()).page_allowed("http://localhost:1")
    assert not OriginRules(Settings()).page_allowed("http://evil.example")
