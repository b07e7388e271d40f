"""Settings that would switch a limit off are refused, with what is allowed."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from tabrl.export.deploy.robot_loop.main import main
from tabrl.export.deploy.robot_loop.settings import Settings, SettingsError, load_settings

NUMBERS = {
    f"{group.name}.{one.name}": one
    for group in fields(Settings)
    for one in fields(getattr(Settings(), group.name))
    if isinstance(one.default, (int, float)) and not isinstance(one.default, bool)
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "settings.json"
    made.write_text(json.dumps(asdict(Settings())))
    return made


def changed(path: Path, name: str, value: object) -> Settings:
    return load_settings(path, [f"{name}={value}"])


def test_every_number_has_a_range_that_its_default_is_within(path: Path) -> None:
    assert len(NUMBERS) > 20
    for name, one in NUMBERS.items():
        least, most = one.metadata["least"], one.metadata["most"]
        assert least <= one.default <= most, name
        for value in (least, most):
            group, key = name.split(".")
            assert getattr(getattr(changed(path, name, value), group), key) == value


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_out_of_range_or_no_number_is_refused(path: Path, name: str) -> None:
    least, most = (NUMBERS[name].metadata[end] for end in ("least", "most"))
    wrong = ("NaN", "Infinity", "-Infinity", least - 1, most + 1, f"1{400 * '0'}", "true", "null",
             "quick", "[]")  # fmt: skip
    for value in wrong:
        with pytest.raises(SettingsError) as refused:
            changed(path, name, value)
        assert f"{name.split('.')[1]} must be a" in str(refused.value)
        assert f"from {least:g} to {most:g}" in str(refused.value)


def test_a_count_is_a_whole_number(path: Path) -> None:
    assert changed(path, "watchdog.late_in_a_row", 7.0).watchdog.late_in_a_row == 7
    with pytest.raises(SettingsError, match=r"a whole number from 1 to 1000, not 2\.5"):
        changed(path, "watchdog.late_in_a_row", 2.5)


@pytest.mark.parametrize(
    "text", ["[]", '{"stop": 3}', '{"stop": {"damp_s": NaN}}', '{"watchdog": {"silent_s": -1}}']
)
def test_a_file_is_held_to_the_same(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(SettingsError, match="must"):
        changed(path, "stop.tilt_rad", 1.0)


@pytest.mark.parametrize("seconds", ["nan", "-100", "inf", "-0.1", "1e9"])
def test_no_run_without_an_end(
    tmp_path: Path, seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(tmp_path, [f"--seconds={seconds}"])
    assert ended.value.code == 2
    assert "is not from 0 to 86400 s" in capsys.readouterr().err
