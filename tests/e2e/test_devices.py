"""What a browser hears, holds and saves: a microphone, a gamepad, a film of the picture."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.music.clicks import Tempo, write_clicks
from bench.music.dancing import open_model
from playwright.sync_api import Browser, Page, expect

from tabrl.embodiments.lookup import driving_of
from tests.e2e.stack import RESULTS, Chromium, Site
from tests.e2e.test_drive_and_dance import DANCER, DRIVEN, WALKER, played

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]
BPM = 110.0
BEATS = 44  # of the track, which begins anew after the last of them

# A standard gamepad whose sticks are where `window.pushed` says.
GAMEPAD = """
    const pad = { id: "pretended", index: 0, connected: true, mapping: "standard", buttons: [] };
    window.pushed = [0, 0, 0, 0];
    navigator.getGamepads = () => [null, { ...pad, axes: window.pushed, timestamp: Date.now() }];
"""
# Of a film: how long it is, s; its width and height; how much its first and last picture differ,
# and the last one's own contrast, in grey levels. A film that was made as it went does not say how
# long it is before somebody went to its end.
WATCH = """async (film) => {
    const video = document.createElement("video");
    video.muted = true;
    const happens = (what) => new Promise((done, failed) => {
        video.addEventListener(what, done, { once: true });
        video.onerror = () => failed(new Error(video.error.message));
    });
    const bytes = Uint8Array.from(atob(film), (one) => one.charCodeAt(0));
    const loaded = happens("loadeddata");
    video.src = URL.createObjectURL(new Blob([bytes]));
    await loaded;
    const seen = async (at) => {
        const there = happens("seeked");
        video.currentTime = at;
        await there;
        const look = new OffscreenCanvas(64, 64).getContext("2d");
        look.drawImage(video, 0, 0, 64, 64);
        const { data } = look.getImageData(0, 0, 64, 64);
        return Array.from({ length: 64 * 64 }, (_, n) => data[4 * n]);
    };
    await seen(1e6);
    const seconds = video.duration;
    const first = await seen(0), last = await seen(0.9 * seconds);
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const apart = mean(first.map((value, n) => Math.abs(value - last[n])));
    const middle = mean(last);
    const contrast = Math.sqrt(mean(last.map((value) => (value - middle) ** 2)));
    return [seconds, video.videoWidth, video.videoHeight, apart, contrast];
}"""


@pytest.fixture
def hearing(chromium: Chromium, tmp_path: Path) -> Iterator[Browser]:
    """A browser in a room in which a track of clicks plays."""
    track = tmp_path / "clicks.wav"
    write_clicks(track, (Tempo(BPM, BEATS * 60.0 / BPM),))
    browser = chromium.launch(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={track}",
    )
    yield browser
    browser.close()


def test_the_beat_of_the_room_is_heard(site: Site, hearing: Browser) -> None:
    page = hearing.new_page(viewport={"width": 1000, "height": 800})
    open_model(page, site.url, played(site, DANCER))
    page.get_by_role("button", name="Listen").click()
    beat = page.get_by_test_id("beat")
    page.wait_for_function(
        "bpm => Math.abs((window.__tabrlMusic.state().danced?.bpm ?? 0) - bpm) < 2", arg=BPM,
        timeout=120_000,
    )  # fmt: skip
    expect(beat).to_contain_text("beats a minute, from the microphone")
    page.screenshot(path=RESULTS / "microphone.png")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(beat).to_have_count(0)


def test_without_a_microphone_another_way_is_named(site: Site, page: Page) -> None:
    open_model(page, site.url, played(site, DANCER))
    page.get_by_role("button", name="Listen").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file, or tap.")
    page.get_by_role("button", name="Tap the beat").click()
    expect(page.get_by_test_id("beat")).to_contain_text("Tap once more")


def test_a_gamepad_drives_the_robot(site: Site, page: Page) -> None:
    control = driving_of(WALKER).controls[0]
    assert control.axis is not None
    page.add_init_script(GAMEPAD)
    open_model(page, site.url, played(site, WALKER))
    page.get_by_role("button", name="Drive").click()
    expect(page.get_by_test_id("drive")).to_be_visible()
    for way in (1.0, -1.0):  # a stick's up is below zero
        sticks = [-way if axis == control.axis else 0.0 for axis in range(4)]
        page.evaluate("sticks => { window.pushed = sticks }", sticks)
        page.wait_for_function(
            f"""([channel, way]) => {{ const it = ({DRIVEN})(channel);
                return way * it?.asked > 0.2 && way * it?.done > 0.15 }}""",
            arg=[control.channel, way], timeout=60_000,
        )  # fmt: skip
        page.screenshot(path=RESULTS / "gamepad.png")
    page.evaluate("() => { window.pushed = [0.05, 0.05, 0.05, 0.05] }")  # at rest, as sticks are
    page.wait_for_function(
        f"channel => ({DRIVEN})(channel)?.asked === 0", arg=control.channel, timeout=60_000
    )


def test_a_film_of_the_picture_is_saved(site: Site, page: Page, tmp_path: Path) -> None:
    open_model(page, site.url, played(site, WALKER))
    page.get_by_role("button", name="Drive").click()
    expect(page.get_by_test_id("drive")).to_be_visible()
    began = time.monotonic()
    page.get_by_role("button", name="Film this").click()
    page.keyboard.down(driving_of(WALKER).controls[0].keys[0][0])
    page.wait_for_timeout(4000)
    page.screenshot(path=RESULTS / "filming.png")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Stop and save the film").click()
    elapsed = time.monotonic() - began
    film = tmp_path / saved.value.suggested_filename
    saved.value.save_as(film)
    data = film.read_bytes()
    assert (film.suffix, data[4:8] == b"ftyp", data[:4] == b"\x1a\x45\xdf\xa3") in (
        (".mp4", True, False),
        (".webm", False, True),
    )
    elsewhere = page.context.new_page()  # the page's own policy lets no film in
    seconds, width, height, apart, contrast = elsewhere.evaluate(
        WATCH, base64.b64encode(data).decode()
    )
    assert 2.0 < seconds < elapsed + 1.0
    canvas = page.get_by_test_id("viewer").locator("canvas")
    drawn = canvas.evaluate("canvas => [canvas.width, canvas.height]")
    assert [width // 2, height // 2] == [side // 2 for side in drawn], "sides of films are even"
    assert contrast > 5, "there is something to see"
    assert apart > 2, "it walks away"
    expect(page.get_by_role("button", name="Film this")).to_be_visible()
