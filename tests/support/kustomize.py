"""As much of kustomize as deploy/kubernetes uses, for machines that have no kubectl."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]


def rendered(folder: Path) -> list[Manifest]:
    """The objects of a kustomization, patched."""
    document = yaml.safe_load((folder / "kustomization.yaml").read_text())
    known = {
        "apiVersion", "kind", "namespace", "labels", "resources", "images", "patches",
        "configMapGenerator",
    }  # fmt: skip
    assert set(document) <= known, "the tests read less than kustomize does"
    objects: list[Manifest] = []
    for name in document["resources"]:
        path = folder / name
        objects += rendered(path.resolve()) if path.is_dir() else manifests(path)
    for generated in document.get("configMapGenerator", []):
        _merge_settings(objects, generated, folder)
    for patch in document.get("patches", []):
        _patch(objects, patch, folder)
    for image in document.get("images", []):
        _set_image(objects, image)
    return objects


def manifests(path: Path) -> list[Manifest]:
    """The objects of a file."""
    return [copy.deepcopy(one) for one in yaml.safe_load_all(path.read_text()) if one]


def pod_specs(objects: list[Manifest]) -> dict[str, Manifest]:
    """The specification of every pod, by the name of what makes it."""
    kinds = ("Deployment", "StatefulSet", "Job")
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in objects
        if one["kind"] in kinds
    }


def _merge_settings(objects: list[Manifest], generated: Manifest, folder: Path) -> None:
    assert generated["behavior"] == "merge"
    (target,) = [
        one
        for one in objects
        if (one["kind"], one["metadata"]["name"]) == ("ConfigMap", generated["name"])
    ]
    for name in generated["envs"]:
        lines = [line for line in (folder / name).read_text().splitlines() if line]
        target["data"] |= dict(line.split("=", 1) for line in lines)


def _patch(objects: list[Manifest], patch: Manifest, folder: Path) -> None:
    if "path" in patch:
        (given,) = manifests(folder / patch["path"])
        _merge(_named(objects, given["kind"], given["metadata"]["name"]), given)
        return
    target = _named(objects, patch["target"]["kind"], patch["target"]["name"])
    for step in yaml.safe_load(patch["patch"]):
        assert step["op"] == "replace"
        *way, last = step["path"].strip("/").split("/")
        found = target
        for part in way:
            found = found[part]
        assert last in found, step["path"]
        found[last] = step["value"]


def _named(objects: list[Manifest], kind: str, name: str) -> Manifest:
    (found,) = [one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def _merge(target: Manifest, patch: Manifest) -> None:
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif key == "containers":
            for container in value:
                (same,) = [one for one in target[key] if one["name"] == container["name"]]
                _merge(same, container)
        else:
            target[key] = value


def _set_image(objects: list[Manifest], image: Manifest) -> None:
    for spec in pod_specs(objects).values():
        for container in spec["containers"]:
            name, _, tag = container["image"].partition(":")
            if name == image["name"]:
                changed = image.get("newName", name)
                container["image"] = f"{changed}:{image.get('newTag', tag)}"
