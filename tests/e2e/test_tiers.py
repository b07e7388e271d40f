"""Seconds instead of a minute, and on from there: by the page and by the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stack import RESULTS, Site

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]


def test_seconds_are_chosen_on_the_page_and_trained_on_from(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.get_by_label("Task").fill("step sideways to the left")
    page.get_by_role("button", name="Write rewards").click()
    expect(page.get_by_test_id("candidate").first).to_be_visible(timeout=180_000)
    for tier in ("command", "fine-tune", "full"):
        expect(page.get_by_test_id(f"quote-{tier}")).to_contain_text("about")
    page.get_by_role("radio", name="Seconds").check(force=True)
    page.get_by_test_id("tiers").screenshot(path=RESULTS / "tiers.png")
    page.get_by_test_id("candidate").first.get_by_role("button", name="Train this one").click()
    page.wait_for_url("**/tasks/*/jobs/*")
    training = page.get_by_test_id("training")
    expect(training).to_have_attribute("data-state", "succeeded", timeout=240_000)
    expect(page.get_by_test_id("checks")).to_be_visible()
    found = page.url

    # and on from what was found, without losing it
    on = page.get_by_test_id("keep-going")
    expect(on.get_by_role("radio", name="A minute")).to_be_checked()
    on.get_by_role("button", name="Keep going").click()
    page.wait_for_function("before => location.href !== before", arg=found)
    expect(training).to_have_attribute("data-state", "running", timeout=120_000)
    training.get_by_role("button", name="Cancel").click()
    expect(training).to_have_attribute("data-state", "cancelled", timeout=120_000)
    page.get_by_role("navigation", name="Trainings of this task").get_by_role("link").first.click()
    expect(page).to_have_url(found)
    expect(training).to_have_attribute("data-state", "succeeded")


def _tabrl(site: Site, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tabrl_local", *arguments, "--json", "--url", site.url]
    return subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=1
    )


def _report(run: subprocess.Popen[str]) -> dict[str, Any]:
    said, _ = run.communicate(timeout=300)
    report: dict[str, Any] = json.loads(said)
    return report


def test_seconds_by_the_command_line_and_on_for_minutes(site: Site) -> None:
    run = _tabrl(site, "run", "walk forward at 0.4 m/s", "--tier", "command")
    found = _report(run)
    assert run.returncode == 0
    assert found["tier"] == "command"
    assert found["reward_result"] == found["reward_program"], "nothing is learnt"
    assert found["checks"][0]["passed"], "it walks as fast as it was told"

    on = _tabrl(site, "keep-going", found["model_id"], "--minutes", "5")
    with httpx.Client(base_url=site.url, trust_env=False, timeout=60.0) as api:
        while not (later := _goes_on(api, found["job_id"])):
            assert on.poll() is None
        assert (later["tier"], later["minutes"]) == ("full", 5)
        assert api.post(f"/api/jobs/{later['id']}/cancel").is_success
    on.communicate(timeout=300)
    assert on.returncode != 0, "a cancelled training is no success"


def _goes_on(api: httpx.Client, job: str) -> dict[str, Any] | None:
    """The training that began with another one's result, once it runs."""
    task = api.get(f"/api/tasks/{api.get(f'/api/jobs/{job}').json()['task_id']}").json()
    later = [one for one in task["jobs"] if one["id"] != job and one["state"] == "running"]
    return later[0] if later else None
