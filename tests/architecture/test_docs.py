"""What the documents say exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tabrl.contracts.training import RoundTrip, RunReport
from tabrl_local.cli import app
from tabrl_local.rollout import RolloutReport

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path for folder in (".", "docs", "docs/adr") for path in (ROOT / folder).glob("*.md")
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def _commands(group: Any, above: str = "") -> dict[str, Any]:
    """Commands by what is typed, those of groups as well."""
    found = {}
    for name, command in group.commands.items():
        found[f"{above}{name}"] = command
        if hasattr(command, "commands"):
            found |= _commands(command, f"{above}{name} ")
    return found


def test_every_command_and_option_is_documented() -> None:
    text = (ROOT / "docs/cli.md").read_text()
    commands = _commands(typer.main.get_command(app))
    assert {"up", "robots", "robots add"} <= set(commands)
    for name, command in commands.items():
        assert f"`tabrl {name}" in text, name
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--help":
                    assert option in text, f"{name} {option}"


@pytest.mark.parametrize("model", [RunReport, RolloutReport, RoundTrip])
def test_every_key_of_the_public_json_is_documented(model: type[RunReport]) -> None:
    text = (ROOT / "docs/cli.md").read_text()
    for key in model.model_fields:
        assert f"`{key}`" in text, key


def test_every_setting_is_documented() -> None:
    from tabrl.adapters.settings import Settings

    text = (ROOT / "docs/settings.md").read_text()
    for name in Settings.model_fields:
        assert f"`TABRL_{name.upper()}`" in text, name


def test_every_make_target_has_a_line_of_help() -> None:
    text = (ROOT / "Makefile").read_text()
    for target in ("help", "demo", "demo-once", "up", "test", "check", "bench"):
        assert re.search(rf"^{target}:.*## \S", text, flags=re.MULTILINE), target
