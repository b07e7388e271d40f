"""A robot at the wheel, and one that dances to clicks: judged by what the page simulated."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from bench.music.clicks import Tempo, write_clicks
from bench.music.dancing import dance, open_model
from bench.music.judge import Seen, phase_errors, swinging
from jaxtyping import Float
from playwright.sync_api import Page, expect

from tabrl.control.physics import physics_model
from tabrl.domain.ids import new_model_id
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import driving_of
from tabrl.robots import Robot
from tests.e2e.stack import RESULTS, Site
from tests.support.inference import TrainingInProgress
from tests.support.training_context import trained_legged, trained_robots

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]
DRIVEN = "channel => window.__tabrl.stats()?.driven.find((one) => one.channel === channel)"
# Whether a key was taken before it came to the picture.
TAKEN = """canvas => { window.taken = []; canvas.addEventListener("keydown",
    event => window.taken.push(event.defaultPrevented), {capture: true}) }"""
WALKER, DANCER = trained_legged()[0], trained_robots()[-1]
BPM, SECONDS, LONGEST_S, SETTLED_S = 110.0, 16.0, 55.0, 7.0
FEWEST = 10  # moments that a phase is judged by
SLOWEST_GAP_S = 0.06  # between two states; with longer ones time was not simulated as it passed


def played(site: Site, robot: Robot) -> str:
    """A model that is the robot's pretrained policy."""
    return TrainingInProgress(site.data, None, robot, new_model_id()).model_id


def test_a_key_drives_the_robot_as_long_as_it_is_held(site: Site, page: Page) -> None:
    control = driving_of(WALKER).controls[0]
    open_model(page, site.url, played(site, WALKER))
    page.get_by_role("button", name="Drive").click()
    expect(page.get_by_test_id("drive")).to_be_visible()
    canvas = page.get_by_role("application", name="The robot")
    canvas.focus()
    canvas.evaluate(TAKEN)
    for key in control.keys[-1]:  # arrows, which turn the camera else
        page.keyboard.press(key)
    assert page.evaluate("() => window.taken") == [True, True]
    page.keyboard.down(control.keys[0][0])
    page.wait_for_function(  # it takes a while to get there
        f"""channel => {{ const it = ({DRIVEN})(channel);
            return it?.done > 0.5 && Math.abs(it.asked - it.done) < 0.3 }}""",
        arg=control.channel, timeout=60_000,
    )  # fmt: skip
    page.screenshot(path=RESULTS / "drive.png")
    page.keyboard.up(control.keys[0][0])
    page.wait_for_function(
        f"channel => Math.abs(({DRIVEN})(channel)?.done ?? 9) < 0.1",
        arg=control.channel, timeout=60_000,
    )  # fmt: skip
    page.set_viewport_size({"width": 390, "height": 844})
    knob = page.get_by_test_id("drive").get_by_role("img").first
    knob.scroll_into_view_if_needed()
    stick = knob.bounding_box()
    assert stick is not None
    page.mouse.move(stick["x"] + stick["width"] / 2, stick["y"] + stick["height"] / 2)
    page.mouse.down()
    page.mouse.move(stick["x"] + stick["width"] / 2, stick["y"] + stick["height"])
    page.wait_for_function(f"channel => ({DRIVEN})(channel)?.asked < -0.2", arg=control.channel)
    page.mouse.up()
    page.screenshot(path=RESULTS / "drive_phone.png")


def test_a_robot_keeps_the_beat_of_clicks(site: Site, page: Page, tmp_path: Path) -> None:
    track = tmp_path / "clicks.wav"
    beats = write_clicks(track, (Tempo(BPM, LONGEST_S + 20.0),))
    page.set_viewport_size({"width": 360, "height": 480})  # little to draw
    open_model(page, site.url, played(site, DANCER))
    # Where drawing holds up the simulation the phase says nothing: it goes on for longer then.
    for seconds in (SECONDS, 2.0 * SECONDS, LONGEST_S):
        values, late = _late(dance(page, track, "sway", seconds), beats)
        if len(late) >= FEWEST:
            break
    page.screenshot(path=RESULTS / "music.png")
    assert np.ptp(values) > 0.01  # rad or m: it sways
    assert len(late) >= FEWEST, "moments at which the simulation kept its pace"
    assert np.abs(late).mean() < 60.0


def _late(
    danced: Seen, beats: Float[np.ndarray, " N"]
) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " M"]]:
    """What swings, and how late it is, ms, while time is simulated as it passes."""
    since = danced.time > 0.0
    time = danced.time[since]
    values = swinging(embodiment_of(DANCER), physics_model(DANCER), danced.qpos[since], "sway")
    moments, late = phase_errors(time, values, beats)
    gaps = time[1:][np.diff(time) > SLOWEST_GAP_S]
    calm = np.array([not ((gaps > at - 3.0) & (gaps <= at)).any() for at in moments])
    return values, late[(moments > SETTLED_S) & calm]


SAID = """() => { window.said = []; setInterval(() => {
    const now = document.querySelector("[data-testid=beat]")?.innerText ?? "";
    if (window.said.at(-1) !== now) window.said.push(now) }, 50) }"""


@pytest.mark.parametrize("bpm", [0.0, 55.0])
def test_what_has_no_beat_is_told_once_it_was_heard(
    site: Site, page: Page, tmp_path: Path, bpm: float
) -> None:
    track = tmp_path / "track.wav"
    write_clicks(track, (Tempo(bpm or 1.0, 90.0),))
    open_model(page, site.url, played(site, DANCER))
    page.evaluate(SAID)
    page.get_by_label("Music file").set_input_files(track)
    beat, none = page.get_by_test_id("beat"), "No beat found: the robot keeps its own."
    expect(beat).to_have_text(
        re.compile(rf"^{bpm:.0f} beats a minute" if bpm else none), timeout=60_000
    )
    page.wait_for_function("() => window.__tabrlMusic.state().listening === false")
    said = page.evaluate("() => window.said.filter((one) => one !== '')")
    assert said[0] == "Listening…"
    assert (none in said) == (bpm == 0.0)
    page.get_by_role("link", name="TabRL").first.click()  # home, where another policy plays
    page.wait_for_function("() => window.__tabrlMusic.state().playing === null")


def test_what_cannot_be_played_is_told(site: Site, page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', {get: () => !window.plain})"
    )
    open_model(page, site.url, played(site, DANCER))
    page.get_by_label("Music file").set_input_files(Path(__file__))
    expect(page.get_by_role("alert")).to_contain_text("is no music")
    page.evaluate("() => { window.plain = true }")  # as over http from another machine
    page.get_by_label("Music file").set_input_files(Path(__file__))
    expect(page.get_by_role("alert")).to_contain_text("https")
    page.get_by_role("button", name="Tap the beat").click()
    expect(page.get_by_test_id("beat")).to_contain_text("Tap once more")
