"""What was measured of a robot: a file in its folder, read by whoever asks how far it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.reach import reach_of
from tabrl.robots import Robot, abilities, get_robot
from tabrl.robots.abilities import ABILITIES, Abilities, abilities_of, store_abilities
from tests.support.robots import ROBOTS


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.id)
def test_every_channel_reaches_somewhere(robot: Robot) -> None:
    reach, commands = reach_of(robot), embodiment_of(robot).commands
    assert tuple(reach) == commands.names
    measured = abilities_of(robot.id)
    for channel in commands.channels:
        low, high = reach[channel.name]
        assert low < high
        if measured is None or measured.reach(channel.name) is None:
            assert (low, high) == (channel.lower, channel.upper)


def test_the_go1_runs_as_fast_as_a_minute_teaches_it() -> None:
    reach = reach_of(get_robot("go1"))
    assert reach["vx"] == (-1.0, 2.444)
    assert reach["yaw"] == (-2.0, 2.933)


def test_the_farther_of_commanded_and_learnt_counts() -> None:
    measured = Abilities(commanded={"vx": (-1.0, 1.8)}, learnt={"vx": (-1.2, 1.5)})
    assert measured.reach("vx") == (-1.2, 1.8)
    assert measured.reach("vy") is None


@pytest.mark.parametrize("place", [ABILITIES, f"pretrained/{ABILITIES}"])
def test_a_document_is_found_and_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(abilities, "robot_folder", lambda robot_id: tmp_path)
    assert abilities_of("new") is None
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    stored = Abilities(commanded={"vx": (-1.0, 2.0)})
    store_abilities(stored, path)
    assert abilities_of("new") == stored
    assert abilities.abilities_path("new") == path


@pytest.mark.parametrize("text", ["{", '{"commanded": {"vx": [2.0, 1.0]}}', '{"speed": 3}'])
def test_a_wrong_document_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(abilities, "robot_folder", lambda robot_id: tmp_path)
    (tmp_path / ABILITIES).write_text(text)
    with pytest.raises(Invalid) as refused:
        abilities_of("new")
    assert refused.value.code == "bad_robot"
