"""The page over https, whose policy is served without: told in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.stack import Chromium, Site
from tests.support.servers.reverse_proxy import reverse_proxy

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]


def test_an_unencrypted_policy_is_told_on_an_encrypted_page(
    site: Site, chromium: Chromium, tmp_path: Path
) -> None:
    def elsewhere(route: Route) -> None:
        robots = route.fetch().json()
        for robot in filter(lambda robot: robot["example"] is not None, robots):
            robot["example"]["inference_url"] = "ws://policy.example:8401/api/models/x/inference"
        route.fulfill(json=robots)

    browser = chromium.launch()
    try:
        with reverse_proxy(site.url, tls=tmp_path) as url:
            page = browser.new_context(ignore_https_errors=True).new_page()
            page.route("**/api/robots", elsewhere)
            page.goto(f"{url}/?quality=low")
            alert = page.get_by_role("alert")
            expect(alert).to_contain_text("ws://policy.example:8401", timeout=120_000)
            expect(alert).to_contain_text("TABRL_INFERENCE_URL")
            expect(page.get_by_label("Task")).to_be_editable()
    finally:
        browser.close()
