"""A page, a stream and a socket where people log in, and a link for somebody who does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from tabrl.domain.people import LOCAL
from tabrl_local.ports import pick_free
from tabrl_local.stack import BUILT_PAGE
from tests.e2e.stack import Chromium
from tests.support.inference import MODEL, TrainingInProgress, random_params
from tests.support.servers.redis import RedisServer

START_LIMIT_S = 180.0

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(900)]


@dataclass
class House:
    """The api and inference with a log-in; what was there before belongs to `local`."""

    url: str
    token: str
    seen: list[str] = field(default_factory=list)  # addresses that browsers asked for

    def watch(self, page: Page) -> Page:
        """Remember every address that a page asks for, sockets included."""

        def note(request: Request) -> None:
            self.seen.append(request.url)

        page.add_init_script("delete window.SharedWorker")  # whose requests are nobody's
        page.on("request", note)
        page.on("websocket", lambda socket: self.seen.append(socket.url))
        return page


@pytest.fixture
def house(tmp_path: Path, redis_server: RedisServer) -> Iterator[House]:
    if not (BUILT_PAGE / "index.html").is_file():
        pytest.fail("the page is not built: run `make setup`")
    TrainingInProgress(tmp_path, random_params(1))
    taken: set[int] = set()
    port, inference = (pick_free("127.0.0.1", 24_000, taken) for _ in range(2))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TABRL_")},
        "TABRL_AUTH": "token",
        "TABRL_DATA": str(tmp_path),
        "TABRL_REDIS_URL": redis_server.url,
        "TABRL_PORT": str(port),
        "TABRL_INFERENCE_PORT": str(inference),
        "TABRL_WEB_DIST": str(BUILT_PAGE),
    }
    made = subprocess.run(
        [sys.executable, "-m", "tabrl_api.tokens", "create", LOCAL],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip
    services = [
        subprocess.Popen([sys.executable, "-m", module], env=environment)
        for module in ("tabrl_api", "tabrl_inference")
    ]
    try:
        for at in (port, inference):
            _await(f"http://127.0.0.1:{at}/readyz")
        yield House(f"http://127.0.0.1:{port}", json.loads(made.stdout)["token"])
    finally:
        for service in services:
            service.terminate()
        for service in services:
            service.wait(30)


def _await(address: str) -> None:
    end = time.monotonic() + START_LIMIT_S
    with httpx.Client(trust_env=False) as http:
        while time.monotonic() < end:
            with suppress(httpx.TransportError):
                if http.get(address).status_code == 200:
                    return
            time.sleep(0.2)
    pytest.fail(f"{address} does not answer")


def _drives(page: Page) -> None:
    live = (
        "() => window.__tabrl?.link().state === 'live' && (window.__tabrl.stats()?.tick ?? 0) > 5"
    )
    page.wait_for_function(live, timeout=180_000)


def test_a_token_opens_everything_and_a_link_one_model(
    house: House, page: Page, chromium: Chromium
) -> None:
    house.watch(page)
    page.goto(f"{house.url}/models/{MODEL}?quality=low")
    field_ = page.get_by_label("Token")
    field_.fill("tabrl_of_somebody_else")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("does not know this token")
    field_.fill(house.token)
    page.get_by_role("button", name="Log in").click()
    _drives(page)

    page.get_by_role("button", name="Share by a link").click()
    link = page.get_by_label("Link to this model").input_value()
    assert link.startswith(f"{house.url}/models/{MODEL}#share_")

    page.get_by_role("link", name="How it was trained").click()
    with page.expect_response(lambda answer: "/api/events?job=" in answer.url) as stream:
        page.reload()  # the token is still the tab's
    assert stream.value.status == 200
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Token")).to_be_visible()

    browser = chromium.launch()
    try:
        guest = house.watch(browser.new_page())
        guest.goto(link.replace("#", "?quality=low#"))
        _drives(guest)
        assert "share_" not in guest.url
        assert guest.get_by_role("button", name="Share by a link").count() == 0
    finally:
        browser.close()

    sockets = [address for address in house.seen if address.startswith("ws://")]
    assert sockets
    assert all("?ticket=ticket_" in address for address in sockets)
    told = " ".join(address.partition("#")[0] for address in house.seen)
    assert "tabrl_" not in told.replace("ticket_", "")
    assert "share_" not in told
