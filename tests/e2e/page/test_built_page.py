"""The built page as files: how much a visitor fetches before there is something to see."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tabrl_local.stack import BUILT_PAGE

MAIN_BYTES = 400_000
_CHUNK = re.compile(r'(?:from|import)\s*\(?["\']\./([\w.-]+\.js)["\']')


class Head(HTMLParser):
    """Files that a page's head names, by what they are to the browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.named: dict[str, list[str]] = {"entry": [], "preload": [], "stylesheet": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort a tag in."""
        has = dict(attrs)
        if tag == "script":
            assert has.get("type") == "module", "others keep the page from being read"
            self.named["entry"].append(str(has["src"]))
        elif tag == "link" and has.get("rel") in ("modulepreload", "preload"):
            self.named["preload"].append(str(has["href"]))
        elif tag == "link" and has.get("rel") == "stylesheet":
            self.named["stylesheet"].append(str(has["href"]))


@pytest.fixture(scope="module")
def head() -> Head:
    index = BUILT_PAGE / "index.html"
    if not index.is_file():
        pytest.fail("the page is not built: run `make setup`")
    return Head(index.read_text("utf-8"))


def _packed(name: str) -> int:
    return len(gzip.compress((BUILT_PAGE / name).read_bytes(), 9))


def test_the_main_bundle_is_small(head: Head) -> None:
    files = [*head.named["entry"], *head.named["preload"], *head.named["stylesheet"]]
    sizes = {name: _packed(name) for name in files}
    assert len(sizes) > 2, "the head names what the entry starts"
    assert 50_000 < sum(sizes.values()) <= MAIN_BYTES, sizes


def test_what_the_first_picture_needs_is_within_it_too(head: Head) -> None:
    assets = BUILT_PAGE / "assets"
    waiting = [next(assets.glob("view-*.js")).name, next(assets.glob("worker-*.js")).name]
    waiting += [Path(name).name for name in head.named["entry"] + head.named["preload"]]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found or not name.endswith(".js"):
            continue
        found.add(name)
        static = _CHUNK.findall((assets / name).read_text("utf-8"))
        waiting += [one for one in static if (assets / one).is_file()]
    assert any(name.startswith("stage-") for name in found), "three.js is counted"
    assert sum(_packed(f"assets/{name}") for name in found) <= MAIN_BYTES


def test_nothing_keeps_the_first_text_waiting(head: Head) -> None:
    assert head.named["stylesheet"] == []
    assert all(name.startswith("./assets/") for names in head.named.values() for name in names)


def test_large_text_is_packed_beforehand() -> None:
    kinds = (".js", ".css", ".wasm", ".html")
    large = [
        path
        for path in BUILT_PAGE.rglob("*")
        if path.suffix in kinds and path.stat().st_size > 1024
    ]
    assert large
    for path in large:
        for suffix in (".br", ".gz"):
            assert path.with_name(path.name + suffix).is_file(), path.name
