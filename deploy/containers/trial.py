"""What is tried once the containers run: a training, kills, hostile rewards."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.containers.engine import Engine, EngineError
from deploy.containers.hostile import HOSTILE
from tabrl_local.api_schemas import FINISHED, JobView, TaskView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError

API = "http://127.0.0.1:8400"
INFERENCE = "http://127.0.0.1:8401"
SENTENCE = "trot forward at 0.4 m/s"
KILLED = ("redis", "postgres", "inference", "api", "trainer")  # while a training runs
TAKEN = ("onnx", "deploy", "web", "numpy")
READY_S = 900.0
TRAINED_S = 1800.0
WRITTEN_S = 300.0


class TrialError(Exception):
    """Something is not as it has to be; the message says what."""


@dataclass
class Report:
    """What was seen, in order; `failures` are what make the trial fail."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    doctor: str = ""
    failures: list[str] = field(default_factory=list)

    def say(self, what: str, seen: str) -> None:
        """Note an observation and print it."""
        self.rows.append((what, seen))
        print(f"{what}: {seen}", flush=True)

    def fail(self, what: str) -> None:
        """Note a failure."""
        self.failures.append(what)
        print(f"FAILED {what}", flush=True)


@dataclass
class Trial:
    """A system of containers and what is asked of it."""

    engine: Engine
    report: Report
    model_id: str = ""  # of what was trained first

    def run(self) -> None:
        """Everything, one after the other; a failed step does not keep the others from it."""
        self.report.say("ready", f"after {waited(self.ready, READY_S):.0f} s")
        for name, step in (
            ("doctor", self.doctor),
            ("training", self.train),
            ("downloads", self.take_away),
            ("kills", self.kill_each),
            ("hostile rewards", self.hostile),
        ):
            try:
                step()
            except (TrialError, EngineError, CommandError) as error:
                self.report.fail(f"{name}: {error}")

    def ready(self) -> bool:
        """Whether api and inference serve."""
        return all(answers(f"{url}/readyz") for url in (API, INFERENCE))

    def doctor(self) -> None:
        """What the doctor says inside the api's container."""
        parts = [
            f"--part={name}=http://{name}:8402/readyz" for name in ("trainer", "reward_worker")
        ]
        where = "--part=inference_container=http://inference:8401/readyz"
        command = ("python", "-m", "tabrl_api.operator", "doctor", *parts, where)
        self.report.doctor = self.engine.execute("api", *command)

    def train(self) -> None:
        """One sentence to its run report, by the command line."""
        command = [sys.executable, "-m", "tabrl_local", "run", SENTENCE, "--json", "--url", API]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=TRAINED_S, check=False
        )
        if ended.returncode:
            raise TrialError(ended.stderr.strip().splitlines()[-1])
        document = json.loads(ended.stdout)
        self.model_id = document["model_id"]
        stages = ", ".join(
            f"{name} {seconds:.0f} s" for name, seconds in document["stages_s"].items()
        )
        self.report.say("one sentence trained", f"{SENTENCE!r} on {document['robot']}: {stages}")

    def take_away(self) -> None:
        """Every download of what was trained, then with the exporter killed in between."""
        with Api(API) as api:
            sizes = [
                f"{name} {len(api.export(self.model_id, name)) / 1e3:.0f} kB" for name in TAKEN
            ]
            self.report.say("downloads", ", ".join(sizes))
            began, by = time.monotonic(), self.engine.kill("exporter")
            waited(lambda: settled(lambda: bool(api.export(self.model_id, TAKEN[0]))), READY_S)
            seconds = time.monotonic() - began
        self.report.say("exporter killed", f"downloads again after {seconds:.0f} s by {by}")

    def kill_each(self) -> None:
        """Kill every container once while it has work; all work ends well."""
        with Api(API) as api:
            task = self._written(api, api.create_task(self._robot(api), SENTENCE))
            job = api.train(task.id, 1)
            waited(lambda: self._job(job.id).state == "running", READY_S)
            for service in KILLED:
                self._killed(service)
            other = api.create_task(task.robot, "sway your hips slowly")
            self._killed("reward_worker")
            self._written(api, other)
            ended = self._ended(job.id, TRAINED_S)
        if ended.state != "succeeded":
            raise TrialError(f"the training through the kills is {ended.state}")
        self.report.say("the training through all kills", f"succeeded at attempt {ended.attempt}")

    def hostile(self) -> None:
        """Each hostile reward is refused, nothing is left behind, and a good one is still built."""
        with Api(API) as api:
            task = self._written(api, api.create_task(self._robot(api), SENTENCE))
            for wish, code in HOSTILE.items():
                job = self._ended(self._revised(task.id, code), WRITTEN_S)
                reason = job.failure.code if job.failure else "no reason"
                if job.state != "failed" or not reason.startswith("reward_"):
                    raise TrialError(f"the reward that {wish} is {job.state} ({reason})")
            self._written(api, api.create_task(task.robot, "walk backwards slowly"))
        left = self.engine.execute("reward_worker", "sh", "-c", "ls -A /tmp; ls /tmp/escaped")
        if "No such file" not in left:
            raise TrialError("a hostile reward has written a file")
        self.report.say(
            "hostile rewards", f"{len(HOSTILE)} of {len(HOSTILE)} refused, none escaped"
        )

    def _killed(self, service: str) -> None:
        began = time.monotonic()
        by = self.engine.kill(service)
        waited(lambda: not self._running(service) or time.monotonic() - began > 5.0, 10.0)
        waited(lambda: self._running(service) and self.ready(), READY_S)
        seconds = time.monotonic() - began
        self.report.say(f"{service} killed", f"serving again after {seconds:.0f} s by {by}")

    def _running(self, service: str) -> bool:
        try:
            name = self.engine.container(service)
            state = self.engine.execute(service, "true", timeout_s=30)
        except EngineError:
            return False
        return bool(name) and not state.strip()

    def _robot(self, api: Api) -> str:
        return next(robot.id for robot in api.robots() if robot.trained)

    def _written(self, api: Api, task: TaskView) -> TaskView:
        waited(lambda: settled(lambda: api.task(task.id).state != "writing"), WRITTEN_S)
        found = api.task(task.id)
        if found.state != "ready":
            raise TrialError(f"no reward was written: the task is {found.state}")
        return found

    def _revised(self, task_id: str, code: str) -> str:
        body = json.dumps({"parent": 1, "code": code}).encode()
        request = urllib.request.Request(
            f"{API}/api/tasks/{task_id}/candidates", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return str(json.loads(reply.read())["id"])

    def _job(self, job_id: str) -> JobView:
        with Api(API) as api:
            return api.job(job_id)

    def _ended(self, job_id: str, limit_s: float) -> JobView:
        waited(lambda: settled(lambda: self._job(job_id).state in FINISHED), limit_s)
        return self._job(job_id)


def settled(question: Callable[[], bool]) -> bool:
    """An answer of the api, no while it does not answer."""
    try:
        return question()
    except CommandError:
        return False


def waited(condition: Callable[[], bool], limit_s: float) -> float:
    """Seconds until something holds. Raises `TrialError`."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > limit_s:
            raise TrialError(f"did not come within {limit_s:g} s")
        time.sleep(0.5)
    return time.monotonic() - began


def answers(url: str) -> bool:
    """Whether an address answers 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=3.0) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
