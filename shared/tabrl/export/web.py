"""The format `web`: a folder that plays one policy in a browser, from any server of plain files.

Page, MuJoCo as WebAssembly and controller are those of the built page; nothing in the folder asks
an api, and every address in it is relative, so that it may lie under any path.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import page_of
from tabrl.export.exportable import Exportable, Files
from tabrl.export.robot_constants import robot_constants

KINDS = ("arm", "legged")  # whose observation the page's controller knows
PAGE = "share.html"
_ASSETS = "assets"
_TEXT = (".html", ".js", ".css")  # files that name others

_README = """
Put this folder on any server of plain files, under any path, and open its address. To look at it
here: `python -m http.server` in this folder, then http://localhost:8000/ (browsers do not run pages
like this one from a file).

It plays the policy in MuJoCo's WebAssembly build; physics and policy run in the visitor's browser.
What is seen is a simulation: what the policy would do on a real robot, it does not say.

| file | what it is |
| --- | --- |
| `index.html`, `assets/` | the page, with MuJoCo (Apache-2.0) and three.js (MIT) in it |
| `model/policy.safetensors` | normaliser, network, and in its header the command schedule |
| `model/robot.json` | joint order, home pose, limits, motors, what the policy sees |
| `model/scene.xml` | the MuJoCo scene (sha256 {scene}) |
| `model/show.json` | what the page says of it, and where it looks from |
{episodes}"""
_EPISODES = "| `model/episodes.safetensors` | the typical and the worst evaluated episode |\n"


def web_folder(model: Exportable) -> Files:
    """The files of the format.

    Raises `Invalid`: `no_browser_controller` for a kind of robot that the page cannot see for,
    `page_not_built` where there is no built page.
    """
    if model.robot.embodiment not in KINDS:
        raise Invalid(
            f"Browsers do not know robots of the kind {model.robot.embodiment!r}.",
            code="no_browser_controller",
            hint=f"A folder for browsers can be made of: {', '.join(KINDS)}.",
        )
    readme = model.heading + _README.format(
        scene=hashlib.sha256(model.scene).hexdigest()[:12],
        episodes="" if model.episodes is None else _EPISODES,
    )
    files = {
        **_page(model.page),
        "model/policy.safetensors": model.params,
        "model/robot.json": json.dumps(robot_constants(model.embodiment)).encode(),
        "model/scene.xml": model.scene,
        "model/show.json": json.dumps(_show(model), ensure_ascii=False, indent=2).encode(),
        "README.md": readme.encode(),
    }
    more = {"model/visuals.glb": model.visuals, "model/episodes.safetensors": model.episodes}
    return files | {name: data for name, data in more.items() if data is not None}


def _show(model: Exportable) -> dict[str, object]:
    """What the page says of a model; its reader is `web/src/share/show.ts`."""
    robot, policy = model.robot, model.policy
    return {
        "model_id": model.model_id,
        "params_version": model.params_version,
        "step": model.step,
        "scene_sha256": policy.header.scene_sha256,
        "sentence": model.sentence,
        "asked": policy.schedule.in_words(),
        "robot": {
            "name": robot.name,
            "maker": robot.maker,
            **page_of(robot).model_dump(
                mode="json",
                include={"camera", "control_hz", "driving", "fall", "ink", "readouts"},
            ),
        },
        "meshes": model.visuals is not None,
        "episodes": model.episodes is not None,
    }


def _page(built: Path | None) -> dict[str, bytes]:
    """The page for such folders and all that it loads, found by the names that files mention.

    Every asset's name has a hash in it, so that none is mentioned by chance.
    """
    if built is None or not (built / PAGE).is_file():
        raise Invalid(
            "The page has not been built here.",
            code="page_not_built",
            hint="Build it in web/, or name its folder in TABRL_WEB_DIST.",
        )
    assets = {path.name: path for path in (built / _ASSETS).iterdir()}
    found = {"index.html": (built / PAGE).read_bytes()}
    reading = [found["index.html"]]
    while reading:
        text = reading.pop()
        for name in [name for name in assets if name.encode() in text]:
            path = assets.pop(name)
            data = found[f"{_ASSETS}/{name}"] = path.read_bytes()
            if path.suffix in _TEXT:
                reading.append(data)
    return found
