"""What the launcher would start, and what each process is told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tabrl_local import redis_server
from tabrl_local.errors import CommandError
from tabrl_local.ports import pick_free
from tabrl_local.stack import LaunchOptions, Stack, build


@pytest.fixture
def options(tmp_path: Path) -> LaunchOptions:
    return LaunchOptions(port=pick_free("127.0.0.1", 20_000, set()), data=tmp_path)


def environment(stack: Stack, name: str) -> dict[str, str]:
    return dict(next(spec.environment for spec in stack.specs if spec.name == name))


def test_starts_every_part_and_wires_them_together(options: LaunchOptions) -> None:
    stack = build(options, {"PATH": ""})
    names = [spec.name for spec in stack.specs]
    assert names[0] == "redis"
    assert set(names) == {"redis", "api", "inference", "trainer", "reward_worker", "exporter"}
    api, trainer = environment(stack, "api"), environment(stack, "trainer")
    for key in ("TABRL_REDIS_URL", "TABRL_DATABASE_URL", "TABRL_BLOB_URL"):
        assert api[key] == trainer[key]
        assert str(options.data) in api[key]
    assert f"http://localhost:{options.port}" in api["TABRL_ALLOWED_ORIGINS"]
    ports = {environment(stack, n)["TABRL_METRICS_PORT"] for n in ("trainer", "reward_worker")}
    served = (api[f"TABRL_{name}PORT"] for name in ("", "INFERENCE_", "EXPORTER_"))
    assert len({*ports, *served}) == 5
    assert api["TABRL_EXPORTER_URL"].endswith(f":{api['TABRL_EXPORTER_PORT']}")


def test_the_exporter_is_for_this_machine_alone(options: LaunchOptions) -> None:
    stack = build(LaunchOptions(host="0.0.0.0", port=options.port, data=options.data), {})
    assert environment(stack, "exporter")["TABRL_HOST"] == "127.0.0.1"
    assert environment(stack, "api")["TABRL_HOST"] == "0.0.0.0"


def test_what_the_environment_replaces_is_not_started(options: LaunchOptions) -> None:
    given = {
        "TABRL_REDIS_URL": "redis://elsewhere:6379/0",
        "TABRL_DATABASE_URL": "postgresql+psycopg://elsewhere/tabrl",
        "TABRL_INFERENCE_URL": "wss://elsewhere",
        "TABRL_EXPORTER_URL": "http://elsewhere",
    }
    stack = build(options, given)
    assert {spec.name for spec in stack.specs} == {"api", "trainer", "reward_worker"}
    assert stack.redis_socket is None
    assert given.items() <= environment(stack, "api").items()


def test_only_the_reward_worker_gets_language_model_secrets(options: LaunchOptions) -> None:
    secrets = {"TABRL_LLM_MODEL": "openai/x", "OPENAI_API_KEY": "secret"}
    stack = build(options, secrets)
    for spec in stack.specs:
        assert (secrets.items() <= spec.environment.items()) is (spec.name == "reward_worker")
        if spec.name != "reward_worker":
            assert "secret" not in spec.environment.values()


def test_every_service_finds_the_same_robots(options: LaunchOptions) -> None:
    own = {"TABRL_ROBOTS": "/a:/b", "TABRL_EMBODIMENTS": "my.kinds.wheeled"}
    for spec in build(options, own).specs:
        assert own.items() <= spec.environment.items()


def test_a_busy_port_is_named(options: LaunchOptions) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", options.port))
        other.listen()
        with pytest.raises(CommandError, match=f"port {options.port} .* in use"):
            build(options, {})


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no address"):
        build(LaunchOptions(host="no.such.host.invalid", data=tmp_path), {})


def test_a_long_data_path_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    sock = redis_server.socket_path(deep)
    try:
        assert len(str(sock)) < redis_server.SOCKET_PATH_LIMIT
        assert deep not in sock.parents
    finally:
        sock.parent.rmdir()
    assert redis_server.socket_path(Path("/tmp/short")) == Path("/tmp/short/redis.sock")


def test_redis_listens_on_no_port_and_keeps_every_write(tmp_path: Path) -> None:
    line = " ".join(redis_server.command(Path("redis-server"), tmp_path / "s", tmp_path / "redis"))
    for option in ("--port 0", "--appendonly yes", "--unixsocketperm 700", "noeviction"):
        assert option in line
