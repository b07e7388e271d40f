"""Which processes make up TabRL on one machine, and what each of them is told.

Every part can be replaced by a URL in the environment: `TABRL_REDIS_URL` by another Redis,
`TABRL_DATABASE_URL` by PostgreSQL, `TABRL_BLOB_URL` by S3, `TABRL_INFERENCE_URL` by an inference
server elsewhere, `TABRL_EXPORTER_URL` by another exporter. What is replaced is not started here.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from tabrl_local import ports, redis_server
from tabrl_local.supervisor import ChildSpec

TRAINER_NICE = 10
REWARD_WORKER_NICE = 5
EXPORTER_NICE = 5
WILDCARDS = ("0.0.0.0", "::", "")
_REPOSITORY = Path(__file__).resolve().parents[3]
BUILT_PAGE = _REPOSITORY / "web" / "dist"
CACHE = _REPOSITORY / ".cache"
BUILT_VISUALS = CACHE / "visuals"
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class LaunchOptions:
    """What `tabrl up` was asked for."""

    host: str = "127.0.0.1"
    port: int = 8400
    data: Path = Path("var")

    @property
    def url(self) -> str:
        """The page's address for somebody on this machine."""
        return f"http://{url_host(self.host)}:{self.port}"


@dataclass(frozen=True)
class Stack:
    """The processes to start, in this order."""

    specs: tuple[ChildSpec, ...]
    redis_socket: Path | None


def url_host(host: str) -> str:
    """The host as it stands in an address for this machine; wildcards become loopback."""
    if host in WILDCARDS:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def public_hosts(host: str) -> tuple[str, ...]:
    """Names under which others may ask for us, best first; none but loopback unless told so."""
    if host not in WILDCARDS:
        return (url_host(host),)
    name = socket.gethostname()
    addresses: list[str] = []
    with contextlib.suppress(OSError):
        addresses = socket.gethostbyname_ex(name)[2]
    return (name, *addresses)


def http_ready(url: str) -> str | None:
    """None if this address answers 200, otherwise the reason."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2.0) as reply:
            status = reply.status
    except urllib.error.HTTPError as error:
        return f"answers {error.code}: {error.read(200).decode(errors='replace').strip()}"
    except OSError as error:
        return str(getattr(error, "reason", error))
    return None if status == 200 else f"answers {status}"


def storage(options: LaunchOptions, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with what every service is told of address and database."""
    shared = {name: value for name, value in environ.items() if name != "TABRL_TOKEN"}
    shared["TABRL_DATA"] = str(options.data)
    shared["TABRL_HOST"] = options.host
    shared.setdefault("TABRL_DATABASE_URL", f"sqlite:///{options.data / 'tabrl.db'}")
    return shared


def build(
    options: LaunchOptions, environ: Mapping[str, str], python: str = sys.executable
) -> Stack:
    """Plan all processes. Raises CommandError for a busy port or a missing Redis."""
    ports.require_free(options.host, options.port)
    taken = {options.port}
    data = options.data
    shared = storage(options, environ)
    # Proxies are for the outside; the services talk to each other on this machine.
    loopback = "127.0.0.1,localhost"
    shared["NO_PROXY"] = ",".join(filter(None, [environ.get("NO_PROXY"), loopback]))
    shared["PYTHONUNBUFFERED"] = "1"
    shared["TABRL_PORT"] = str(options.port)
    shared.setdefault("TABRL_BLOB_URL", (data / "objects").as_uri())
    shared.setdefault("TABRL_WEB_DIST", str(BUILT_PAGE))
    if CACHE.is_dir():  # what was compiled once serves every data directory
        shared.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE / "compiled"))
    shared.setdefault("TABRL_ALLOWED_ORIGINS", ",".join(_origins(options)))
    shared.setdefault("TABRL_ALLOWED_HOSTS", ",".join(public_hosts(options.host)))

    specs: list[ChildSpec] = []
    sock: Path | None = None
    if "TABRL_REDIS_URL" not in environ:
        sock = redis_server.socket_path(data)
        command = redis_server.command(redis_server.find_server(), sock, data / "redis")
        ready = partial(redis_server.answers, sock)
        specs.append(ChildSpec("redis", command, _without_secrets(shared), ready, stop_order=1))
        shared["TABRL_REDIS_URL"] = f"unix://{quote(str(sock))}"

    inference_port: int | None = None
    if "TABRL_INFERENCE_URL" not in environ:
        wanted = int(environ.get("TABRL_INFERENCE_PORT", options.port + 1))
        inference_port = ports.pick_free(options.host, wanted, taken)
        shared["TABRL_INFERENCE_PORT"] = str(inference_port)
        shared["TABRL_INFERENCE_URL"] = f"ws://{public_hosts(options.host)[0]}:{inference_port}"

    exporter_port: int | None = None
    if "TABRL_EXPORTER_URL" not in environ:
        wanted = int(environ.get("TABRL_EXPORTER_PORT", options.port + 2))
        exporter_port = ports.pick_free("127.0.0.1", wanted, taken)
        shared["TABRL_EXPORTER_PORT"] = str(exporter_port)
        shared["TABRL_EXPORTER_URL"] = f"http://127.0.0.1:{exporter_port}"

    def service(
        name: str, ready_url: str, extra: Mapping[str, str] | None = None, *, nice: int = 0
    ) -> ChildSpec:
        environment = shared if name == "reward_worker" else _without_secrets(shared)
        return ChildSpec(
            name=name,
            command=(python, "-m", f"tabrl_{name}"),
            environment={**environment, **(extra or {})},
            ready=partial(http_ready, ready_url),
            nice=nice,
            address=ready_url,
        )

    api_ready = f"{options.url}/readyz"
    specs.append(service("api", api_ready))
    if inference_port is not None:
        ready_url = f"http://{url_host(options.host)}:{inference_port}/readyz"
        specs.append(service("inference", ready_url, ONE_THREAD))
    for name, nice in (("trainer", TRAINER_NICE), ("reward_worker", REWARD_WORKER_NICE)):
        metrics = ports.pick_free("127.0.0.1", options.port + 2, taken)
        extra = {"TABRL_METRICS_PORT": str(metrics)}
        specs.append(service(name, f"http://127.0.0.1:{metrics}/readyz", extra, nice=nice))
    if exporter_port is not None:  # for the api alone
        ready_url = f"http://127.0.0.1:{exporter_port}/readyz"
        extra = {"TABRL_HOST": "127.0.0.1", **ONE_THREAD}
        specs.append(service("exporter", ready_url, extra, nice=EXPORTER_NICE))
    return Stack(tuple(specs), sock)


def _origins(options: LaunchOptions) -> list[str]:
    hosts = {*public_hosts(options.host), "127.0.0.1", "localhost"}
    return sorted(f"http://{host}:{options.port}" for host in hosts)


def _without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Language-model settings and API keys reach the reward worker alone."""
    return {name: value for name, value in environ.items() if not _is_secret(name)}


def _is_secret(name: str) -> bool:
    return name.startswith("TABRL_LLM_") or name.endswith("_API_KEY")
