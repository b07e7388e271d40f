"""Dockerfiles, read as text: there is no Docker engine in the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("api", "reward_worker", "trainer", "inference", "exporter")
INSTRUCTIONS = {
    "FROM", "ARG", "ENV", "COPY", "RUN", "USER", "WORKDIR", "EXPOSE", "HEALTHCHECK", "CMD",
}  # fmt: skip


def instructions(service: str) -> list[tuple[str, str]]:
    text = (ROOT / "services" / service / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_dockerfile_installs_its_locked_member_and_runs_as_nobody(service: str) -> None:
    found = instructions(service)
    assert {word for word, _ in found} <= INSTRUCTIONS
    text = "\n".join(rest for _, rest in found)
    lock = "$LOCK" if ("ARG", f"LOCK={service}") in found else service
    assert f"-r /build/requirements/{lock}.txt" in text
    assert text.count("--require-hashes") == 2
    users = [rest for word, rest in found if word == "USER"]
    assert users == ["tabrl"]
    assert found[-1] == ("CMD", f'["python", "-m", "tabrl_{service}"]')


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_dockerfile_copies_exists_and_is_not_ignored(service: str) -> None:
    kept = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    sources = [
        source
        for word, rest in instructions(service)
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(Path(source).match(k) or Path(source).is_relative_to(k) for k in kept), source


def test_inference_and_api_images_are_light() -> None:
    for service, heavy in (
        ("inference", "jax|celery"),
        ("exporter", "jax|celery"),
        ("api", "jax|mujoco|numpy|litellm"),
    ):
        lock = (ROOT / "requirements" / f"{service}.txt").read_text()
        assert not re.search(rf"^({heavy})(==|\[)", lock, flags=re.MULTILINE), service


def test_only_the_exporters_image_has_onnx() -> None:
    having = [
        service
        for service in SERVICES
        if re.search(r"^onnx==", (ROOT / f"requirements/{service}.txt").read_text(), re.M)
    ]
    assert having == ["exporter"]


def test_only_the_reward_workers_image_has_litellm() -> None:
    having = [
        service
        for service in SERVICES
        if re.search(r"^litellm==", (ROOT / f"requirements/{service}.txt").read_text(), re.M)
    ]
    assert having == ["reward_worker"]
