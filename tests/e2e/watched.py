"""The running stack as Prometheus sees it, and something for it to see."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

from tabrl.contracts.tiers import Tier
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.ports import pick_free
from tabrl_local.rollout import rollout
from tabrl_local.training.length import UNSAID, Length
from tests.e2e.stack import Site
from tests.support.servers.llm import LlmStub

MODEL = "openai/gpt-4o-mini"  # whose prices litellm knows
_SPEED = (
    'WEIGHTS = {"speed": 2.0}\ndef reward(state, action):\n'
    '    return {"speed": rl.gaussian(state.base_linear_velocity()[0] - 0.5, 0.3)}\n'
)
_CHECK = {"id": "forward", "quantity": "forward_speed", "statistic": "mean", "at_least": 0.2}


def until(holds: Callable[[], bool], limit_s: float, what: str) -> None:
    """Poll until it holds."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.5)


@dataclass(frozen=True)
class ModelWorker:
    """A second reward worker, which asks a language model, beside the site's own."""

    process: subprocess.Popen[bytes]
    port: int

    @classmethod
    def start(cls, site: Site, stub: LlmStub) -> ModelWorker:
        """Start it on the site's parts, and wait until it is ready."""
        stub.answers = [_answer()]
        stub.by_style = {"direct": [_answer(_SPEED.replace("linear_v", "linear_w")), _answer()]}
        port = pick_free("127.0.0.1", 24_500, set())
        environment = psutil.Process(site.pid("reward_worker")).environ() | {
            "TABRL_METRICS_PORT": str(port),
            "TABRL_LLM_MODEL": MODEL,
            "TABRL_LLM_API_BASE": stub.url,
            "OPENAI_API_KEY": "none",
        }
        command = [sys.executable, "-m", "tabrl_reward_worker"]
        worker = cls(subprocess.Popen(command, env=environment), port)
        until(worker._ready, 600.0, "a second reward worker")
        return worker

    def _ready(self) -> bool:
        assert self.process.poll() is None, "the second reward worker ended"
        return _answers(f"http://127.0.0.1:{self.port}/readyz")

    @property
    def asked(self) -> bool:
        """Whether it has had a repaired answer."""
        text = _read(f"http://127.0.0.1:{self.port}/metrics")
        return any(
            line.startswith("tabrl_llm_repairs_total{") and float(line.split()[-1]) > 0
            for line in text.splitlines()
        )

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def targets(site: Site, model_worker: ModelWorker) -> dict[str, list[str]]:
    """Where each service serves its metrics, by the job's name in our configuration."""

    def port(service: str, variable: str) -> str:
        return f"127.0.0.1:{psutil.Process(site.pid(service)).environ()[variable]}"

    rewards = [port("reward_worker", "TABRL_METRICS_PORT"), f"127.0.0.1:{model_worker.port}"]
    return {
        "tabrl-api": [urlsplit(site.url).netloc],
        "tabrl-inference": [port("inference", "TABRL_INFERENCE_PORT")],
        "tabrl-exporter": [port("exporter", "TABRL_EXPORTER_PORT")],
        "tabrl-reward-worker": rewards,
        "tabrl-trainer": [port("trainer", "TABRL_METRICS_PORT")],
    }


def use(site: Site, model_worker: ModelWorker, prompt: str) -> None:
    """Have everything happen that dashboards show: a training that is played, and a language
    model's task with a repair."""
    with Api(site.url) as api:
        for _ in range(20):  # either worker may take a task
            _written(api, prompt)
            if model_worker.asked:
                break
        assert model_worker.asked
        task_id = _written(api, prompt)
        # A training by the search alone has the same series; pictures are of a whole one.
        length = UNSAID if pictures_folder() else Length(Tier.COMMAND)
        job = api.train(task_id, 1, length=length)
        assert job.model_id is not None
        api.export(job.model_id, "onnx")  # and again at the end: a rate needs two
        over = threading.Event()
        player = threading.Thread(target=_play, args=(site.url, job.model_id, over), daemon=True)
        player.start()
        for _ in api.events(job.id, print):
            pass
        over.set()
        player.join(60.0)
        until(lambda: api.job(job.id).state == "succeeded", 60.0, "a training")
        api.export(job.model_id, "onnx")
        api.export(job.model_id, "numpy")


def log_entries(site: Site, service: str) -> tuple[list[dict[str, object]], list[str]]:
    """What a service has logged, and what libraries written in C wrote past it."""
    lines = (site.data / "logs" / f"{service}.log").read_text().splitlines()
    ours = [line for line in lines if line.startswith("{")]
    return [json.loads(line) for line in ours], [line for line in lines if line not in ours]


def _written(api: Api, prompt: str) -> str:
    task = api.create_task("go1", prompt)
    until(lambda: api.task(task.id).state != "writing", 600.0, "a written task")
    assert api.task(task.id).state == "ready"
    return task.id


def _play(url: str, model_id: str, over: threading.Event) -> None:
    with Api(url) as api:
        while not over.is_set():
            with contextlib.suppress(CommandError):  # too slow an answer, on a busy machine
                rollout(api, model_id, 10.0)


def _answer(code: str = _SPEED) -> str:
    return json.dumps(
        {
            "declined": False, "name": "Quick", "idea": "Be quick", "code": code,
            "weights": [{"term": "speed", "weight": 2.0}], "success_checks": [_CHECK],
            "phases_s": [],
        }
    )  # fmt: skip


def _read(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20.0) as answer:
        return str(answer.read().decode())


def _answers(url: str) -> bool:
    try:
        _read(url)
    except OSError:
        return False
    return True


def pictures_folder() -> str:
    """Where pictures of the dashboards are wanted; empty where they are not."""
    return os.environ.get("TABRL_DASHBOARD_PICTURES", "")
