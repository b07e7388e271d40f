"""A model is downloaded from its page, and runs where TabRL is not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tabrl_local.client import Api
from tabrl_local.export import export_model
from tabrl_local.ports import pick_free
from tabrl_local.stack import BUILT_PAGE
from tests.e2e.watched import until
from tests.support.inference import MODEL, TrainingInProgress, random_params
from tests.support.servers.redis import RedisServer

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(600)]


@dataclass
class House:
    """The api, and an exporter that a test may stop."""

    url: str
    exporter: subprocess.Popen[bytes]


@pytest.fixture
def house(tmp_path: Path, redis_server: RedisServer) -> Iterator[House]:
    if not (BUILT_PAGE / "index.html").is_file():
        pytest.fail("the page is not built: run `make setup`")
    TrainingInProgress(tmp_path / "data", random_params(1))
    taken: set[int] = set()
    port, exporter = (pick_free("127.0.0.1", 24_500, taken) for _ in range(2))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TABRL_")},
        "TABRL_DATA": str(tmp_path / "data"),
        "TABRL_REDIS_URL": redis_server.url,
        "TABRL_PORT": str(port),
        "TABRL_EXPORTER_PORT": str(exporter),
        "TABRL_WEB_DIST": str(BUILT_PAGE),
    }
    with ExitStack() as services:
        running = {}
        for name, at in (("api", port), ("exporter", exporter)):
            command = [sys.executable, "-m", f"tabrl_{name}"]
            running[name] = services.enter_context(subprocess.Popen(command, env=environment))
            services.callback(running[name].terminate)
            ready = partial(_answers, f"http://127.0.0.1:{at}/readyz")
            until(ready, 180.0, name)
        yield House(f"http://127.0.0.1:{port}", running["exporter"])


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _downloaded(page: Page, name: str, folder: Path) -> Path:
    """The folder that a format's zip holds, unpacked."""
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=name).click()
    assert download.value.suggested_filename == f"{MODEL}-{name}.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(folder)
    return folder / f"{MODEL}-{name}"


def test_what_is_downloaded_runs_from_its_folder(house: House, page: Page, tmp_path: Path) -> None:
    page.goto(f"{house.url}/models/{MODEL}?quality=low")
    for name in ("numpy", "onnx"):
        folder = _downloaded(page, name, tmp_path / "away")
        assert (folder / "README.md").is_file()
        ended = subprocess.run(
            [sys.executable, "-I", "run_policy.py"],
            cwd=folder, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        assert "after 10 s" in ended.stdout
        with Api(house.url) as api:  # the command line gets the same
            files = export_model(api, MODEL, tmp_path / f"by command {name}", name)
        assert {path.name: path.read_bytes() for path in files} == {
            path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()
        }


def test_an_exporter_that_is_away_is_told_and_waited_for(house: House, page: Page) -> None:
    page.goto(f"{house.url}/models/{MODEL}?quality=low")
    house.exporter.terminate()
    house.exporter.wait(30)
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_role("menu")).to_contain_text("The exporter does not answer")
