"""Paths through waypoints: where they lead, how smoothly, and how they are kept."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.command_space import Channel, CommandSpace
from tabrl.control.staged_commands import StagedCommands
from tabrl.control.waypoints import MAX_WAYPOINTS, NO_PATH, Path, along, packed_width
from tabrl.domain.errors import Invalid

LINE = Path(((1.0, 0.2, 0.0, 0.0), (3.0, 0.2, 0.4, -0.1)))
SPACE = CommandSpace(
    tuple(Channel(name, "m", -1.0, 1.0, 0.5, 0.0, name, name) for name in ("x", "y", "z", "a")),
    harmonics=(0.5, 1.0, 2.0),
    on_path=3,
)


def led(path: Path, times: np.ndarray) -> np.ndarray:
    """Where a path leads at all times, `[T, 3]`."""
    packed = np.tile(path.packed(3), (len(times), 1))
    return np.asarray(along(packed, times.astype(np.float32), 3))


def circle(radius: float = 0.15, seconds: float = 10.0, count: int = 16) -> Path:
    angle = np.linspace(0.0, 2.0 * np.pi, count + 1)
    times = 1.0 + seconds * angle / (2.0 * np.pi)
    places = radius * np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=-1)
    return Path(tuple((t, *p) for t, p in zip(times.tolist(), places.tolist(), strict=True)), True)


def test_from_rest_to_rest_the_jerk_is_least() -> None:
    share = np.linspace(0.0, 1.0, 21)
    wanted = 10 * share**3 - 15 * share**4 + 6 * share**5
    path = Path(((2.0, 0.3, -0.2, 0.1),))
    np.testing.assert_allclose(
        led(path, 2.0 * share), wanted[:, None] * [0.3, -0.2, 0.1], atol=1e-6
    )


def test_it_begins_at_zero_passes_all_waypoints_and_stays_at_the_last() -> None:
    found = led(LINE, np.array([0.0, 1.0, 3.0, 50.0]))
    np.testing.assert_allclose(
        found, [[0, 0, 0], [0.2, 0, 0], [0.2, 0.4, -0.1], [0.2, 0.4, -0.1]], atol=1e-6
    )
    at_once = Path(((0.0, 0.2, 0.0, 0.0), (1.0, 0.3, 0.0, 0.0)))
    np.testing.assert_allclose(led(at_once, np.zeros(1)), [[0.2, 0.0, 0.0]], atol=1e-7)
    np.testing.assert_array_equal(led(NO_PATH, np.linspace(0, 9, 5)), np.zeros((5, 3)))


def test_speeds_and_accelerations_do_not_jump() -> None:
    path = Path(((1.0, 0.2, 0.0, 0.0), (2.0, 0.3, 0.2, 0.0), (3.5, 0.0, 0.3, 0.1)))
    step = 0.002
    times = np.arange(0.0, 4.0, step)
    packed = np.tile(path.packed(3).astype(np.float64), (len(times), 1))
    speed = np.diff(along(packed, times, 3), axis=0) / step
    change = np.diff(speed, axis=0) / step
    assert np.abs(np.diff(change, axis=0)).max() < 0.05 * np.abs(change).max()
    assert np.abs(speed[[0, -1]]).max() < 1e-4


def test_a_circle_of_waypoints_is_a_circle() -> None:
    places = led(circle(), np.linspace(1.0, 31.0, 900))
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 0.15, atol=2e-4)


def test_a_path_that_repeats_goes_on_without_a_seam() -> None:
    path = circle(seconds=4.0)
    times = np.linspace(1.0, 5.0, 50)
    np.testing.assert_allclose(led(path, times), led(path, times + 8.0), atol=2e-5)
    step = 0.01
    around = led(path, np.arange(4.8, 5.2, step))
    speed = np.linalg.norm(np.diff(around, axis=0), axis=1) / step
    np.testing.assert_allclose(speed, 2.0 * np.pi * 0.15 / 4.0, rtol=0.04)


def test_beside_a_waypoint_that_comes_twice_it_stands() -> None:
    path = Path(
        ((1.0, 0.1, 0.0, 0.0), (1.2, 0.1, 0.0, 0.0), (2.0, 0.1, 0.3, 0.0), (3.0, 0.4, 0.3, 0.0))
    )
    np.testing.assert_allclose(led(path, np.linspace(1.0, 1.2, 9)), [[0.1, 0.0, 0.0]] * 9)
    line = led(path, np.linspace(1.2, 1.9, 20))
    assert (np.diff(line[:, 1]) > -1e-7).all()


def test_one_path_leads_many_and_jax_agrees() -> None:
    times = np.linspace(0.0, 7.0, 30, dtype=np.float32)
    for path in (LINE, circle(seconds=2.0), NO_PATH):
        packed = path.packed(3)[None]
        mine = along(packed, times, 3)
        np.testing.assert_allclose(mine, led(path, times), atol=1e-6)
        its = jax.jit(lambda p, t: along(p, t, 3, jnp))(packed, times)
        np.testing.assert_allclose(mine, its, atol=2e-5)


@pytest.mark.parametrize("path", [NO_PATH, LINE, circle()], ids=["none", "line", "circle"])
def test_it_is_kept_in_batches_and_files(path: Path) -> None:
    assert len(path.packed(3)) == packed_width(3)
    schedule = CommandSchedule.asking(SPACE, x=(0.1, 0.2, 0.3, 2.0)).along(path)
    again = CommandBatch.stack([schedule]).single(0)
    assert again.path.repeat == path.repeat
    np.testing.assert_allclose(np.array(again.path.waypoints), np.array(path.waypoints), atol=1e-6)
    document = ScheduleDocument.of(schedule)
    assert document.schedule(SPACE) == schedule
    written = document.model_dump(mode="json")
    assert ("path" in written, "path_repeats" in written) == (bool(path), path.repeat)
    assert written["harmonic"] == [2.0, 1.0, 1.0, 1.0]
    assert "harmonic" not in ScheduleDocument.of(CommandSchedule.neutral(SPACE)).model_dump()


def test_a_path_is_told_in_words() -> None:
    assert CommandSchedule.neutral(SPACE).along(LINE).in_words() == "along 2 waypoints in 3 s"
    words = CommandSchedule.asking(SPACE, x=(0.0, 0.2, 0.0, 0.5)).along(circle()).in_words()
    assert words == "x ±0.20 m at 0.50 Hz; along 17 waypoints round and round"


def test_channels_follow_it_beside_their_waves() -> None:
    schedule = CommandSchedule.asking(SPACE, x=0.1, y=(0.0, 0.2, 0.0, 2.0), a=0.3).along(LINE)
    times = np.linspace(0.0, 4.0, 9).astype(np.float32)
    command = CommandBatch.stack([schedule]).command(times)
    place = led(LINE, times)
    np.testing.assert_allclose(command[:, 0], 0.1 + place[:, 0], atol=1e-6)
    swing = 0.2 * np.sin(2.0 * np.pi * 2.0 * times)
    np.testing.assert_allclose(command[:, 1], swing + place[:, 1], atol=1e-5)
    np.testing.assert_allclose(command[:, 3], 0.3, atol=1e-6)


def test_a_stages_path_begins_with_the_stage_every_time() -> None:
    first = CommandSchedule.asking(SPACE, a=0.1)
    second = CommandSchedule.neutral(SPACE).along(LINE)
    staged = StagedCommands.stack([CommandSchedule.sequence([first, second], (2.0, 4.0))])
    for begin in (2.0, 8.0, 14.0):
        times = np.array([0.0, 0.5, 1.0, 2.5, 3.9], np.float32)
        for since, place in zip(times, led(LINE, times), strict=True):
            time = np.array([begin + since], np.float32)
            np.testing.assert_allclose(staged.at(time).command(time)[0, :3], place, atol=2e-5)
    before = staged.at(np.array([1.0])).command(np.array([1.0]))
    np.testing.assert_allclose(before[0], [0.0, 0.0, 0.0, 0.1], atol=1e-6)


@pytest.mark.parametrize(
    ("rows", "repeat", "words"),
    [
        (((1.0, 0.0), (1.0, 0.1)), False, "go up"),
        (((-0.1, 0.0),), False, "begin at 0"),
        (((1.0, 0.0), (2.0, 0.1, 0.2)), False, "as many numbers"),
        (tuple((float(t), 0.0) for t in range(MAX_WAYPOINTS + 1)), False, "at most 64"),
        (((1.0, 0.0), (2.0, 0.1), (3.0, 0.2)), True, "ends where it began"),
        ((), True, "ends where it began"),
    ],
)
def test_what_is_no_path_is_refused(
    rows: tuple[tuple[float, ...], ...], repeat: bool, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Path(rows, repeat)


def test_a_path_of_another_robot_is_refused() -> None:
    with pytest.raises(ValueError, match="a time and 3 numbers"):
        CommandSchedule.neutral(SPACE).along(Path(((1.0, 0.1),)))
    document = ScheduleDocument(path=((1.0, 0.1),))
    with pytest.raises(Invalid, match="a time and 3 numbers"):
        document.schedule(SPACE)
    legs = CommandSpace((Channel("vx", "m/s", -1, 1, 0.5, 0, "speed", "forward"),))
    with pytest.raises(Invalid, match="0 harmonics"):
        ScheduleDocument(harmonic=(2.0,)).schedule(legs)
