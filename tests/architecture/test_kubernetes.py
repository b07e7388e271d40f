"""deploy/kubernetes: what the schemas allow, and what has to hold in every overlay."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tabrl.adapters.settings import Settings
from tests.support.kustomize import Manifest, pod_specs, rendered

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("small", "gpu")
STORED = {"api": 8400, "inference": 8401, "reward-worker": 8402, "trainer": 8402}
PARTS = {**STORED, "exporter": 8403}
RUNNERS = ("trainer", "inference")
KEDA = {"ScaledObject", "TriggerAuthentication"}
VERSIONS = ("1.33",)


@cache
def objects(overlay: str) -> tuple[Manifest, ...]:
    """The objects of an overlay."""
    return tuple(rendered(FOLDER / "overlays" / overlay))


def of_kind(overlay: str, kind: str) -> dict[str, Manifest]:
    """Objects of a kind, by name."""
    return {one["metadata"]["name"]: one for one in objects(overlay) if one["kind"] == kind}


def only_container(overlay: str, name: str) -> Manifest:
    """The container of a pod that has one."""
    (container,) = pod_specs([*objects(overlay)])[name]["containers"]
    found: Manifest = container
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_what_its_schema_allows(overlay: str, version: str) -> None:
    for one in objects(overlay):
        if one["kind"] not in KEDA:  # custom resources, for which there is no schema here
            kubernetes_validate.validate(one, version, strict=True)


def test_kubectl_makes_the_same_of_it_where_there_is_one() -> None:
    kubectl = shutil.which("kubectl")
    for overlay in OVERLAYS if kubectl else ():
        made = subprocess.run(
            [str(kubectl), "kustomize", str(FOLDER / "overlays" / overlay)],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        theirs = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(made)}
        ours = {(one["kind"], one["metadata"]["name"]): one for one in objects(overlay)}
        assert set(theirs) == set(ours)
        for key, one in ours.items():
            for part in ("spec", "data"):
                assert theirs[key].get(part) == one.get(part), key


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_locked_down_and_limited(overlay: str) -> None:
    for name, spec in pod_specs([*objects(overlay)]).items():
        assert spec["enableServiceLinks"] is False, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name
            assert re.fullmatch(r"[a-z_./-]+:[\w.-]+", container["image"]), name
            assert not container["image"].endswith(":latest"), name
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            volumes = {volume["name"] for volume in spec.get("volumes", [])}
            assert mounted - {"data"} <= volumes, name


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", PARTS)
def test_parts_are_probed_and_found(overlay: str, name: str) -> None:
    container = only_container(overlay, name)
    assert container["ports"] == [{"name": "http", "containerPort": PARTS[name]}]
    for probe, path in (
        ("startupProbe", "/readyz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/healthz"),
    ):  # fmt: skip
        assert container[probe]["httpGet"] == {"path": path, "port": "http"}
    service = of_kind(overlay, "Service")[name]["spec"]
    labels = of_kind(overlay, "Deployment")[name]["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    assert "tabrl" not in of_kind(overlay, "Service")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_database_is_migrated_by_a_job(overlay: str) -> None:
    container = only_container(overlay, "migrate")
    assert container["command"] == ["python", "-m", "tabrl_api.operator", "migrate"]
    assert container["image"] == only_container(overlay, "api")["image"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_settings_exist_and_secrets_are_named_only(overlay: str) -> None:
    known = {f"TABRL_{name.upper()}" for name in Settings.model_fields}
    for name, config in of_kind(overlay, "ConfigMap").items():
        if name.startswith("tabrl-"):
            told = {key for key in config["data"] if key.startswith("TABRL_")}
            assert told <= known, name
            assert not [v for v in config["data"].values() if re.search(r"://[^/@]*:[^/@]*@", v)]
    assert not of_kind(overlay, "Secret")


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", [*STORED, "migrate"])
def test_source_is_kept_from_who_runs_rewards(overlay: str, name: str) -> None:
    spec = pod_specs([*objects(overlay)])[name]
    (container,) = spec["containers"]
    role = "runner" if name in RUNNERS else "owner"
    (database,) = [one["secret"] for one in spec["volumes"] if one["name"] == "database"]
    assert database["secretName"] == f"tabrl-database-{role}"
    sources = [one["configMapRef"]["name"] for one in container["envFrom"] if "configMapRef" in one]
    assert sources == ["tabrl-settings", f"tabrl-{role}"]
    keys = [one["secretRef"]["name"] for one in container["envFrom"] if "secretRef" in one]
    assert keys == ["tabrl-s3", *(["tabrl-llm"] if name == "reward-worker" else [])]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_exporter_knows_no_store_and_only_the_api_asks_it(overlay: str) -> None:
    spec = pod_specs([*objects(overlay)])["exporter"]
    (container,) = spec["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": "tabrl-settings"}}]
    assert not [one for one in spec["volumes"] if "secret" in one]
    policies = of_kind(overlay, "NetworkPolicy")
    assert policies["exports"]["spec"]["podSelector"]["matchLabels"] == {
        "app.kubernetes.io/name": "exporter"
    }
    (who,) = policies["exports"]["spec"]["ingress"][0]["from"]
    assert who["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "api"}
    address = of_kind(overlay, "ConfigMap")["tabrl-settings"]["data"]["TABRL_EXPORTER_URL"]
    assert address == "http://exporter:8403"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_trainers_follow_the_jobs_and_inference_its_load(overlay: str) -> None:
    scaled = of_kind(overlay, "ScaledObject")["trainer"]["spec"]
    assert scaled["scaleTargetRef"] == {"name": "trainer"}
    assert scaled["minReplicaCount"] == 0
    (trigger,) = scaled["triggers"]
    assert trigger["type"] == "postgresql"
    assert trigger["metadata"]["targetQueryValue"] == "1"
    reference = trigger["authenticationRef"]["name"]
    (secret,) = of_kind(overlay, "TriggerAuthentication")[reference]["spec"]["secretTargetRef"]
    assert secret["name"] == "tabrl-database-runner"
    target = of_kind(overlay, "HorizontalPodAutoscaler")["inference"]["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "inference"}
    for name in ("trainer", "inference"):  # else every apply would undo what the scaler did
        assert "replicas" not in of_kind(overlay, "Deployment")[name]["spec"]
    assert {"api", "inference", "reward-worker"} == set(of_kind(overlay, "PodDisruptionBudget"))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_talks_unless_it_is_said(overlay: str) -> None:
    policies: dict[str, Any] = of_kind(overlay, "NetworkPolicy")
    nobody = policies["nobody"]["spec"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    model = policies["language-model"]["spec"]["podSelector"]["matchLabels"]
    assert model == {"app.kubernetes.io/name": "reward-worker"}


def test_a_gpu_is_asked_for_where_there_is_one() -> None:
    assert only_container("gpu", "trainer")["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert only_container("gpu", "trainer")["image"].startswith("tabrl/trainer_cuda:")
    assert "nvidia.com/gpu" not in only_container("small", "trainer")["resources"]["limits"]
    assert of_kind("gpu", "ConfigMap")["tabrl-settings"]["data"]["TABRL_SIMULATOR"] == "mjx"


@pytest.mark.needs_postgres
def test_the_question_of_the_scaler_is_one_that_its_role_may_ask(postgres_server: Any) -> None:
    from sqlalchemy import text

    from tabrl.adapters.sql.engine import make_engine
    from tabrl.adapters.sql.migrate import upgrade

    url = postgres_server.create("scaler")
    engine = make_engine(url)
    upgrade(engine)
    query = of_kind("small", "ScaledObject")["trainer"]["spec"]["triggers"][0]["metadata"]["query"]
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() == 0
