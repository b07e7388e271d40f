"""Two apis, the real reward worker and two toy trainers over some parts."""

from __future__ import annotations

import time
from pathlib import Path
from unittest.mock import patch

import httpx

from tabrl.adapters.blobs import make_blob_store
from tabrl.domain.models import Model
from tests.chaos.parts import Parts, free_port
from tests.chaos.services import Service, Supervisor
from tests.support.workers.version_before import version_before

ROOT = Path(__file__).parents[2]
APIS = ("api-1", "api-2")
TRAINERS = ("trainer-1", "trainer-2")
REWARD_WORKER = "reward_worker"
START_S = 120.0


class City:
    """The services; `open` starts them, `close` ends them."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.ledger = parts.folder / "ledger"
        self.ports = {name: free_port() for name in APIS}
        logs = parts.folder / "logs"
        logs.mkdir()
        self.services = Supervisor(logs)
        self._before = version_before(parts.folder / "before")["PYTHONPATH"]

    def open(self) -> None:
        """Start everything; returns once both apis are ready."""
        # No real trainer is here to put it there.
        with patch.dict("os.environ", self.parts.environment):
            make_blob_store(self.parts.blob_url).put(Model.base_params_key("go1"), b"policy")
        for name in APIS:
            self.services.start(self.api(name))
            self._await_ready(name)
        for name in TRAINERS:
            self.services.start(self.trainer(name))
        self.services.start(
            Service(REWARD_WORKER, ["-m", "tabrl_reward_worker"], self.environment())
        )

    def close(self) -> None:
        """End everything."""
        self.services.close()

    def environment(self, **changes: str) -> dict[str, str]:
        """In which services find the parts."""
        return {
            **self.parts.environment,
            "TABRL_DATA": str(self.parts.folder / "data"),
            "TABRL_DATABASE_URL": self.parts.database_url,
            "TABRL_REDIS_URL": self.parts.redis.url,
            "TABRL_BLOB_URL": self.parts.blob_url,
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": str(ROOT),
            **changes,
        }

    def api(self, name: str) -> Service:
        """A gateway."""
        environment = self.environment(TABRL_PORT=str(self.ports[name]))
        return Service(name, ["-m", "tabrl_api"], environment)

    def trainer(self, name: str, **changes: str) -> Service:
        """A toy trainer, in an environment with changes."""
        arguments = ["-m", "tests.chaos.toy_trainer", str(self.ledger)]
        return Service(name, arguments, self.environment(**changes))

    def trainer_before(self, name: str) -> Service:
        """A toy trainer of the version before this one."""
        own = Path(__file__).parent / "version_before"
        path = f"{self._before}:{own}"
        arguments = ["-m", "old_trainer", str(self.ledger)]
        return Service(name, arguments, self.environment(PYTHONPATH=path))

    def _await_ready(self, name: str) -> None:
        ends = time.monotonic() + START_S
        while time.monotonic() < ends:
            try:
                if httpx.get(f"http://127.0.0.1:{self.ports[name]}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"{name} did not start:\n{self.services.log(name)[-2000:]}")
