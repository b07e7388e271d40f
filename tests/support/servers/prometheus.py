"""A Prometheus with our own configuration, for targets of this machine."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.dashboards.prometheus import Prometheus
from tabrl_local.ports import pick_free
from tests.support.missing import missing

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "prometheus"
_INTERVAL = "5s"


def promtool(*arguments: str) -> str:
    """What promtool says. Fails the test with that if it is no success."""
    found = shutil.which("promtool")
    if found is None:
        missing("Prometheus", "prometheus")
    ended = subprocess.run([found, *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


class PrometheusServer:
    """One server; `targets` are addresses by the name of their job in our configuration."""

    def __init__(self, folder: Path, targets: Mapping[str, list[str]]) -> None:
        self._folder = folder
        self._targets = targets
        self._process: subprocess.Popen[bytes] | None = None
        self.client = Prometheus(f"http://127.0.0.1:{pick_free('127.0.0.1', 29_090, set())}")

    def start(self) -> None:
        """Start, and wait until it answers."""
        found = shutil.which("prometheus")
        if found is None:
            missing("Prometheus", "prometheus")
        self._configure(patience="")
        address = self.client.url.removeprefix("http://")
        command = [
            found, f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}", f"--web.listen-address={address}",
            "--web.enable-lifecycle", "--log.level=error",
        ]  # fmt: skip
        self._process = subprocess.Popen(command)
        end = time.monotonic() + 120.0
        while not self._answers("/-/ready"):
            assert self._process.poll() is None, "Prometheus ended"
            assert time.monotonic() < end, "Prometheus did not start"
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def be_impatient(self) -> None:
        """From now on every alert fires as soon as its fault is seen."""
        self._configure(patience="1s")
        assert self._answers("/-/reload", method="POST")

    def alerts(self) -> dict[str, dict[str, str]]:
        """The labels of what fires, by the alert's name."""
        found = self.client.get("/api/v1/alerts", {})["alerts"]
        labels: list[Any] = [one["labels"] for one in found if one["state"] == "firing"]
        return {one["alertname"]: one for one in labels}

    def _configure(self, patience: str) -> None:
        """Our configuration with these targets; `patience` replaces how long alerts wait."""
        config = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text())
        config["global"] = dict.fromkeys(("scrape_interval", "evaluation_interval"), _INTERVAL)
        for scrape in config["scrape_configs"]:
            del scrape["dns_sd_configs"]
            scrape["static_configs"] = [{"targets": self._targets[scrape["job_name"]]}]
        rules = self._folder / "rules"
        rules.mkdir(exist_ok=True)
        for path in (CONFIGURATION / "rules").glob("*.yml"):
            (rules / path.name).write_text(_with_patience(path.read_text(), patience))
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(config))

    def _answers(self, path: str, method: str = "GET") -> bool:
        request = urllib.request.Request(f"{self.client.url}{path}", method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10.0) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _with_patience(rules: str, patience: str) -> str:
    document = yaml.safe_load(rules)
    for group in document["groups"]:
        for rule in group["rules"]:
            if patience and "for" in rule:
                rule["for"] = patience
    return yaml.safe_dump(document)
