"""docker-compose.yml, read as data: there is no Docker engine in the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_viz.spec.compose_spec import ComposeSpecification

from tabrl.adapters.settings import Settings
from tabrl_reward_worker.bootstrap import RewardSettings

ROOT = Path(__file__).resolve().parents[2]
BUILT = ("api", "reward_worker", "trainer", "inference", "exporter")
PROFILES = {
    "trainer_gpu": "gpu",
    "prometheus": "observability",
    "grafana": "observability",
    "objects": "s3",
    "bucket": "s3",
}
ONE_SHOT = {"bucket"}
VARIABLE = re.compile(r"\$\{([A-Z_0-9]+)(?::-([^}]*))?\}")


def compose() -> dict[str, Any]:
    """The file with the defaults of its variables in their places."""
    text = VARIABLE.sub(lambda found: found[2] or "", (ROOT / "docker-compose.yml").read_text())
    document: dict[str, Any] = yaml.safe_load(text)
    return document


SERVICES: dict[str, Any] = compose()["services"]


def test_it_is_what_the_specification_allows() -> None:
    document = {key: value for key, value in compose().items() if not key.startswith("x-")}
    ComposeSpecification.model_validate(document)


def test_every_service_is_built_from_its_dockerfile() -> None:
    built = {
        name: service["build"]["dockerfile"]
        for name, service in SERVICES.items()
        if "build" in service
    }
    assert {name.removesuffix("_gpu") for name in built} == set(BUILT)
    for name, dockerfile in built.items():
        assert dockerfile == f"services/{name.removesuffix('_gpu')}/Dockerfile"
        assert (ROOT / dockerfile).is_file()
    lock = SERVICES["trainer_gpu"]["build"]["args"]["LOCK"]
    assert (ROOT / f"requirements/{lock}.txt").is_file()


def test_images_of_others_are_pinned_and_can_be_replaced() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name, service in SERVICES.items():
        if "image" in service:
            assert re.fullmatch(r"[a-z./-]+:v?\d+[a-z0-9.-]*", service["image"]), name
            assert f"_IMAGE:-{service['image']}}}" in text, name


def test_profiles_are_those_documented() -> None:
    named = {
        name: service["profiles"][0] for name, service in SERVICES.items() if "profiles" in service
    }
    assert named == PROFILES


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_comes_back_and_has_limits(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == ("on-failure" if name in ONE_SHOT else "unless-stopped")
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    checked = "healthcheck" in service
    if "build" in service:
        dockerfile = (ROOT / service["build"]["dockerfile"]).read_text()
        checked = "HEALTHCHECK" in dockerfile
    assert checked or name in ONE_SHOT
    for other, needs in service.get("depends_on", {}).items():
        assert other in SERVICES
        assert needs["condition"] == "service_healthy"
        assert (
            "profiles" not in SERVICES[other] or SERVICES[other]["profiles"] == service["profiles"]
        )


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_exists(name: str) -> None:
    document = compose()
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        if source.startswith("./.cache"):  # made by `make visuals`; without it there are no meshes
            continue
        if source.startswith("./"):
            assert "profiles" in SERVICES[name] or (ROOT / source).exists(), source
        else:
            assert source in document["volumes"]
    for secret in SERVICES[name].get("secrets", []):
        assert secret in document["secrets"]


def test_secrets_come_from_files_only() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|_API_KEY", key):
                assert str(value).startswith("/run/secrets/"), f"{name} {key}"
                assert str(value).removeprefix("/run/secrets/") in service["secrets"]
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), f"{name} {key}"
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"secrets/", ".env"} <= set(ignored)


def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    script = tmp_path / "deploy/containers/secrets"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "deploy/containers/secrets", script)
    made = []
    for _ in range(2):
        subprocess.run([str(script)], check=True, env={"PATH": os.environ["PATH"]})
        folder = tmp_path / "secrets"
        made.append({path.name: path.read_text() for path in folder.iterdir()})
    assert made[0] == made[1]
    wanted = {Path(secret["file"]).name for secret in compose()["secrets"].values()}
    assert wanted <= set(made[0])
    assert made[0]["s3_secret"] in made[0]["s3.json"]
    assert folder.stat().st_mode & 0o077 == 0


def test_services_are_told_only_settings_that_exist() -> None:
    fields = [*Settings.model_fields, *RewardSettings.model_fields]
    known = {f"TABRL_{name.upper()}" for name in fields}
    told = {
        name
        for service in SERVICES.values()
        if "build" in service
        for name in service["environment"]
        if name.startswith("TABRL_")
    }
    assert told
    assert told <= known


@pytest.mark.parametrize("name", ["trainer", "trainer_gpu", "inference"])
def test_source_is_kept_from_who_runs_rewards(name: str) -> None:
    service = SERVICES[name]
    assert "//tabrl_runner@" in service["environment"]["TABRL_DATABASE_URL"]
    assert service["environment"]["PGPASSWORD_FILE"] == "/run/secrets/trainer_password"
    assert not {"postgres_password", "llm_api_key"} & set(service["secrets"])
    assert not [key for key in service["environment"] if "LLM" in key or "_API_KEY" in key]


def test_compiled_graphs_outlive_their_container() -> None:
    for name in ("trainer", "trainer_gpu"):
        assert "compiled:/var/lib/tabrl/compiled" in SERVICES[name]["volumes"]
    dockerfile = (ROOT / "services/trainer/Dockerfile").read_text()
    assert "/var/lib/tabrl/compiled" in dockerfile  # owned by its user, so is a new volume
