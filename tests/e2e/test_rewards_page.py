"""Edit a reward, change its weights in training and go on: Chromium on the real services."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.probe import fits_a_phone
from tests.e2e.stack import RESULTS, Site

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(1500)]

TASK = "walk forward slowly"
CHANGE = "walk faster"
IN_TURN = "crouch for 4 seconds, then hop for 3 seconds"
CHECKED_MS = 120_000


def shot(page: Page, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png", full_page=True)


def test_a_reward_under_its_users_hand(site: Site, page: Page) -> None:
    with httpx.Client(base_url=site.url, trust_env=False) as api:
        page.goto(f"{site.url}/?quality=low")
        page.get_by_label("Task").fill(TASK)
        page.get_by_role("button", name="Write rewards").click()
        cards = page.get_by_test_id("candidate")
        expect(cards.first).to_be_visible(timeout=180_000)
        task_id = page.url.split("/tasks/")[1].split("?")[0]
        shown_before_training(cards)
        shot(page, "5-report")

        edited = edit_a_weight_and_a_check(page, cards, api, task_id)
        mend_broken_code(page, cards, api, task_id, edited)

        job_id = train_with_another_weight(page, cards, api)
        shot(page, "8-live-weights")
        go_on(page, api, task_id, job_id)
        shot(page, "9-follow-up")
        api.post(f"/api/jobs/{job_id}/cancel")


def test_what_follows_what_is_told_and_can_be_changed_untrained(site: Site, page: Page) -> None:
    with httpx.Client(base_url=site.url, trust_env=False) as api:
        page.goto(f"{site.url}/?quality=low")
        page.get_by_label("Task").fill(IN_TURN)
        page.get_by_role("button", name="Write rewards").click()
        card = page.get_by_test_id("candidate").first
        expect(card).to_be_visible(timeout=180_000)
        expect(card.get_by_test_id("phases")).to_have_text(
            "First 0–4 s, then 4–7 s, then from 7 s on."
        )
        expect(card).to_contain_text("Then, 4–7 s")
        expect(card).to_contain_text("All the time")
        assert fits_a_phone(page), "what was understood is longer than a phone is wide"
        task_id = page.url.split("/tasks/")[1].split("?")[0]
        card.get_by_role("button", name="Go on").click()
        page.get_by_label("What should be different").fill("hop higher")
        shot(page, "10-in-turn")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/tasks/" in url and task_id not in url)
        expect(page.get_by_test_id("lineage")).to_contain_text(f"after: {IN_TURN}")
        follow_up = api.get(f"/api/tasks/{page.url.split('/tasks/')[1].split('?')[0]}").json()
        assert follow_up["parent"] == {"task_id": task_id, "candidate": 1, "job_id": None}


def shown_before_training(cards: Locator) -> None:
    """Every card says what recorded motion thinks of it."""
    for card in cards.all():
        ranked = card.get_by_test_id("ranking").get_by_role("listitem")
        assert ranked.count() >= 4
        reference = card.locator("[data-testid=ranking] [data-reference]")
        assert {"stand", "fall"} <= set(reference.locator("[title]").all_inner_texts())
        expect(card.get_by_test_id("shares")).to_be_visible()
        verdict = card.get_by_test_id("sound").or_(card.get_by_test_id("warnings"))
        expect(verdict).to_be_visible()


def edit_a_weight_and_a_check(page: Page, cards: Locator, api: httpx.Client, task_id: str) -> int:
    """Number of the candidate that the edit has become."""
    before = candidates(api, task_id)
    bench = open_editor(page, cards.first)
    term = before[0]["terms"][0]
    weight = bench.get_by_label(f"Weight of {term.replace('_', ' ')}, as a number")
    wanted = round(1.5 * before[0]["weights"][term], 6)
    weight.fill(str(wanted))
    expect(bench.locator(".cm-content")).to_contain_text(f'"{term}": {wanted}')

    bench.get_by_role("tab", name="Success checks").click()
    first = bench.get_by_test_id("check-form").first
    first.get_by_label("At most").fill("half")
    expect(bench.get_by_text("not a number")).to_be_visible()
    expect(bench.get_by_role("button", name="Check it")).to_be_disabled()
    first.get_by_label("At most").fill("0,77")
    bench.get_by_role("button", name="Add a check").click()
    added = bench.get_by_test_id("check-form").last
    added.get_by_label("What is measured").select_option("joint_position")
    added.get_by_label("Of which part").select_option("FR_hip")
    added.get_by_label("Taken as").select_option("max")
    added.get_by_label("At most").fill("2")
    shot(page, "6-edit")
    bench.get_by_role("button", name="Check it").click()
    made = expect_new_candidate(page, len(before) + 1)
    expect(made).to_contain_text("edited from 1")
    expect(made.get_by_test_id("ranking")).to_be_visible()

    stored = candidates(api, task_id)[-1]
    assert (stored["n"], stored["parent"]) == (len(before) + 1, 1)
    assert stored["weights"] == {**before[0]["weights"], term: wanted}
    assert len(stored["checks"]) == len(before[0]["checks"]) + 1
    assert stored["checks"][0]["at_most"] == 0.77
    assert stored["checks"][-1]["part"] == "FR_hip"
    assert stored["code"] == before[0]["code"], "a weight alone needs no other code"
    return int(stored["n"])


def mend_broken_code(
    page: Page, cards: Locator, api: httpx.Client, task_id: str, parent: int
) -> None:
    """Code that is refused stays in the editor with its line marked; mended, it is taken."""
    bench = open_editor(page, cards.last)
    text = bench.locator(".cm-content")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nimport os")
    bench.get_by_role("button", name="Check it").click()
    fault = bench.get_by_test_id("fault")
    expect(fault).to_be_visible(timeout=CHECKED_MS)
    expect(bench.locator(".cm-faultLine")).to_have_text("import os")
    alert = bench.get_by_role("alert")
    expect(alert).to_contain_text("Line ")
    expect(alert).to_contain_text(fault.inner_text())
    shot(page, "7-fault")

    page.reload()
    expect(bench.locator(".cm-faultLine")).to_have_text("import os", timeout=60_000)
    text.click()
    page.keyboard.press("Control+End")
    for _ in "import os":
        page.keyboard.press("Backspace")
    page.keyboard.type("# mended")
    bench.get_by_role("button", name="Check it").click()
    made = expect_new_candidate(page, parent + 1)
    expect(made).to_contain_text(f"edited from {parent}")
    stored = candidates(api, task_id)
    assert stored[-1]["code"].endswith("# mended")
    assert stored[-1]["weights"] == stored[-2]["weights"], "the weights in force are kept"


def train_with_another_weight(page: Page, cards: Locator, api: httpx.Client) -> str:
    """Train the newest candidate and move a slider meanwhile; the job's id.

    For minutes, so that there are updates to see however slow the machine is.
    """
    page.get_by_test_id("tiers").get_by_text("learn until nothing is gained").click()
    cards.last.get_by_role("button", name="Train this one").click()
    page.wait_for_url("**/tasks/*/jobs/*")
    job_id = page.url.split("/jobs/")[1]
    training = page.get_by_test_id("training")
    expect(training).to_have_attribute("data-state", "running", timeout=400_000)
    # From here on a change counts from an update on: earlier ones count from the beginning.
    expect(training.locator("[aria-current=step]")).to_have_text("Learn", timeout=400_000)
    page.get_by_role("button", name="Change weights while it learns").click()
    slider = page.get_by_test_id("live-weights").get_by_role("slider").first
    slider.focus()
    before = api.get(f"/api/jobs/{job_id}").json()["weights"]
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Takes effect with the next update")).to_be_visible()
    expect(page.get_by_test_id("reweighted").first).to_be_visible(timeout=600_000)
    expect(page.get_by_text("In force since update")).to_be_visible()
    after = api.get(f"/api/jobs/{job_id}").json()["weights"]
    assert [term for term in before if after[term] != before[term]] == [sorted(before)[0]]
    expect(page.get_by_text("other weights from here on")).to_be_visible(timeout=400_000)
    return job_id


def go_on(page: Page, api: httpx.Client, task_id: str, job_id: str) -> None:
    """Say what should be different; the new task knows where it comes from."""
    candidate = api.get(f"/api/jobs/{job_id}").json()["candidate"]
    address = page.url
    page.get_by_label("What should be different").fill(CHANGE)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/tasks/" in url and task_id not in url)
    expect(page.get_by_test_id("lineage")).to_contain_text(f"after: {TASK}")
    expect(page.get_by_role("heading", name=CHANGE)).to_be_visible()
    expect(page.get_by_test_id("candidate").first).to_be_visible(timeout=180_000)
    follow_up = api.get(f"/api/tasks/{page.url.split('/tasks/')[1]}").json()
    assert follow_up["parent"] == {"task_id": task_id, "candidate": candidate, "job_id": job_id}
    page.get_by_test_id("lineage").get_by_role("link", name=TASK).click()
    page.wait_for_url(address)
    expect(page.get_by_test_id("lineage")).to_contain_text(CHANGE)
    page.go_back()
    expect(page.get_by_test_id("lineage")).to_contain_text(TASK)


def open_editor(page: Page, card: Locator) -> Locator:
    """The editor of a card's candidate, with its code in it."""
    card.get_by_role("button", name="Edit").click()
    bench = page.get_by_test_id("editor")
    expect(bench.locator(".cm-content")).to_contain_text("WEIGHTS")
    return bench


def expect_new_candidate(page: Page, n: int) -> Locator:
    """The card of a candidate that has just been made; the editor has closed."""
    made = page.locator(f"[data-testid=candidate][data-n='{n}'][aria-current=true]")
    expect(made).to_be_visible(timeout=CHECKED_MS)
    expect(page.get_by_test_id("editor")).to_have_count(0)
    return made


def candidates(api: httpx.Client, task_id: str) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = api.get(f"/api/tasks/{task_id}").json()["candidates"]
    return stored
