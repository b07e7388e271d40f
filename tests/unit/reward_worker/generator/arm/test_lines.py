"""Figures and handwriting as paths: where they lie, how wide they are, how fast they are drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tabrl.contracts.motion import Duration
from tabrl.contracts.path import MAX_POINTS, Path
from tabrl.control.measures import led
from tabrl.control.rollout import CONTACT_MARGIN
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts
from tabrl_reward_worker.generator.arm.figures import Plane, drawn, figure
from tabrl_reward_worker.generator.arm.handwriting import simplified, strokes_of, written
from tabrl_reward_worker.generator.generate import generate

FIGURES = (
    "circle", "eight", "square", "rectangle", "triangle", "diamond", "line", "zigzag", "star",
    "heart", "spiral", "ripple", "ellipse", "arc", "pentagon", "hexagon", "octagon", "house",
    "cross", "arrow",
)  # fmt: skip
MIDDLE = (0.55, 0.0, 0.2)
HOME = (0.55, 0.0, 0.24)
HOME_Z = 0.2385


@pytest.fixture(scope="module")
def own(ur5e: Robot) -> ArmAmounts:
    return ArmAmounts.of(ur5e)


def path_of(proposal: Proposal) -> Path:
    """The path of the first phase."""
    motion = proposal.candidates[0].motion
    assert motion is not None
    shapes = [target.shape for target in motion.phases[0].targets]
    return next(shape for shape in shapes if isinstance(shape, Path))


def along(path: Path) -> np.ndarray:
    """Where a path is after its first point, every 10 ms of a round."""
    return led(path, np.arange(path.begin_s, path.end_s, 0.01))


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_as_wide_as_asked_and_on_their_plane(name: str, own: ArmAmounts) -> None:
    for upright, across in ((False, 2), (True, 0)):
        plane = Plane(MIDDLE, upright)
        path = drawn(figure(name), plane, 0.2, 0.15, HOME, own)
        points = np.array(path.points)[0 if path.repeat else 1 :, 1:]
        assert np.ptp(points[:, 1]) == pytest.approx(0.2, abs=0.015)
        np.testing.assert_allclose(points[:, across], MIDDLE[across], atol=1e-6)
        assert np.abs(points - MIDDLE).max() < 0.13
        assert len(path.points) <= MAX_POINTS


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn_at_their_speed(name: str, own: ArmAmounts) -> None:
    path = drawn(figure(name), Plane(MIDDLE), 0.2, 0.15, HOME, own)
    places = along(path)
    speed = np.linalg.norm(np.diff(places, axis=0), axis=-1) / 0.01
    assert speed.max() < 0.15 * 2.2  # between two stops it is faster than on the whole
    assert 0.05 < np.median(speed) < 0.25


def test_a_circle_is_round(own: ArmAmounts) -> None:
    places = along(drawn(figure("circle"), Plane(MIDDLE), 0.2, 0.15, HOME, own))
    radius = np.linalg.norm(places - MIDDLE, axis=-1)
    np.testing.assert_allclose(radius, 0.1, atol=5e-4)


def test_a_line_is_drawn_from_left_to_right_as_seen_from_the_base(own: ArmAmounts) -> None:
    path = drawn(figure("line"), Plane(MIDDLE), 0.2, 0.15, HOME, own)
    assert path.points[0][1:] == HOME
    assert (path.points[1][2], path.points[-1][2]) == (0.1, -0.1)
    assert not path.repeat


@pytest.mark.parametrize(
    ("said", "axis", "way"),
    [
        ("a line", 1, -0.2),
        ("a line from right to left", 1, 0.2),
        ("a line to the left on the table", 1, 0.2),
        ("a line on the left", 1, -0.2),
        ("a vertical line", 2, -0.2),
        ("a line from bottom to top", 2, 0.2),
        ("a line away from you", 0, 0.2),
        ("a line from far to near", 0, -0.2),
    ],
)
def test_a_line_goes_the_way_that_is_said(said: str, axis: int, way: float, ur5e: Robot) -> None:
    proposal = generate(f"draw {said} of 20 cm", ur5e)
    assert proposal.not_understood == []
    path = path_of(proposal)
    gone = np.zeros(3)
    gone[axis] = way
    np.testing.assert_allclose(np.subtract(path.points[-1], path.points[1])[1:], gone, atol=1e-3)


def test_a_line_to_and_fro_comes_back(ur5e: Robot) -> None:
    path = path_of(generate("draw a line up and down", ur5e))
    assert path.repeat
    heights = [z for *_, z in path.points]
    assert (heights[0], heights[-1]) == (min(heights), min(heights))


@pytest.mark.parametrize(("sense", "turned"), [("clockwise", -1.0), ("counterclockwise", 1.0)])
def test_stirring_goes_the_way_round_that_is_said(sense: str, turned: float, ur5e: Robot) -> None:
    """Seen from above, where x is ahead and y to the left."""
    points = np.array(path_of(generate(f"stir the pot {sense}", ur5e)).points)[:, 1:3]
    spokes = points - points.mean(0)
    x, y = spokes.T
    assert np.sign(np.sum(x[:-1] * y[1:] - y[:-1] * x[1:])) == turned


def test_strokes_are_those_of_single_line_letters() -> None:
    assert len(strokes_of("hello")) == 6
    stroke = strokes_of("l")[0]
    np.testing.assert_allclose(np.ptp(stroke, axis=0), [0.0, 0.75], atol=0.05)
    assert strokes_of(" ") == ()


def test_simplified_lines_stay_beside_what_they_were() -> None:
    angle = np.linspace(0.0, np.pi, 60)
    line = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    for beside in (0.02, 0.1):
        plain = simplified(line, beside)
        assert len(plain) < len(line)
        np.testing.assert_array_equal(plain[[0, -1]], line[[0, -1]])
        ways = np.array([_distance(point, plain) for point in line])
        assert ways.max() <= beside + 1e-9
    ring = np.concatenate([line, -line[1:]])
    assert len(simplified(ring, 0.05)) > 4


def _distance(point: np.ndarray, line: np.ndarray) -> float:
    """From a point to a line of several pieces."""
    ways = []
    for begin, end in pairwise(line):
        way = end - begin
        share = np.clip((point - begin) @ way / (way @ way), 0.0, 1.0)
        ways.append(float(np.linalg.norm(point - begin - share * way)))
    return min(ways)


def test_a_word_is_written_stroke_by_stroke_with_the_pen_lifted_between(own: ArmAmounts) -> None:
    found = written("hello", Plane(MIDDLE), 0.07, 0.1, HOME, own)
    assert found is not None
    assert found.text == "hello"
    path = found.path
    assert len(path.points) <= MAX_POINTS
    places = np.array(path.points)[:, 1:]
    on = np.abs(places[:, 2] - MIDDLE[2]) < 1e-6
    assert np.flatnonzero(np.diff(on.astype(int)) > 0).shape == (6,)  # strokes
    assert places[~on][1:, 2] == pytest.approx(MIDDLE[2] + 0.03)
    # As high and as wide as its letters, about the middle of the plane.
    assert np.ptp(places[on][:, 0]) == pytest.approx(0.0525, abs=0.001)
    assert np.abs(0.5 * (places[on].max(0) + places[on].min(0)) - MIDDLE).max() < 1e-3
    first, last = places[on][0, 1], places[on][-1, 1]
    assert first > 0.05 > -0.05 > last  # from left to right


def test_upright_strokes_are_straight(own: ArmAmounts) -> None:
    """Where a stroke begins and ends the pen is at rest, so nothing bends it."""
    found = written("l", Plane(MIDDLE), 0.1, 0.1, HOME, own)
    assert found is not None
    places = along(found.path)
    on = places[np.abs(places[:, 2] - MIDDLE[2]) < 1e-6]
    assert np.ptp(on[:, 0]) == pytest.approx(0.075, abs=1e-3)
    assert np.ptp(on[:, 1]) < 1e-6


def test_what_the_font_has_not_is_left_out(own: ArmAmounts) -> None:
    assert written("☃", Plane(MIDDLE), 0.07, 0.1, HOME, own) is None
    some = written("a☃b", Plane(MIDDLE), 0.07, 0.1, HOME, own)
    assert some is not None
    assert some.text == "ab"


def spanned(path: Path) -> np.ndarray:
    """How far a path goes along each axis, without the way to its first point."""
    return np.ptp(np.array(path.points)[0 if path.repeat else 1 :, 1:], axis=0)


@pytest.mark.parametrize(
    ("sentence", "wide", "high"),
    [
        ("draw a circle 10 cm above the table", 0.2, 0.2),
        ("draw a circle of 20 cm, 10 cm above the table", 0.2, 0.2),
        ("draw a circle of 30 cm above the table", 0.3, 0.3),
        ("draw a circle 10 cm to the left", 0.2, 0.2),
        ("draw a rectangle 30 cm wide and 20 cm high", 0.3, 0.2),
        ("draw a 20 cm tall and 30 cm wide rectangle", 0.3, 0.2),
        ("draw a square 20 by 30 cm", 0.2, 0.3),
        ("draw a 30 x 20 cm rectangle", 0.3, 0.2),
        ("draw a 20×30 cm rectangle", 0.2, 0.3),
        ("draw an oval with a width of 10 cm and a height of 20 cm", 0.1, 0.2),
        ("draw a square 15 cm high", 0.15, 0.15),
        ("draw a circle with a radius of 10 cm", 0.2, 0.2),
    ],
)
def test_lengths_say_of_what_they_are(sentence: str, wide: float, high: float, ur5e: Robot) -> None:
    proposal = generate(sentence, ur5e)
    assert proposal.not_understood == []
    x, y, _ = spanned(path_of(proposal))
    assert (y, x) == (pytest.approx(wide, abs=2e-3), pytest.approx(high, abs=2e-3))


@pytest.mark.parametrize(
    ("sentence", "height"),
    [
        ("draw a circle 10 cm above the table", 0.1),
        ("draw a circle of 20 cm, 10 cm above the table", 0.1),
        ("write hi at a height of 30 cm", 0.3),
        ("draw a heart on the wall 40 cm above the table", 0.4),
    ],
)
def test_lines_lie_as_high_as_is_said(sentence: str, height: float, ur5e: Robot) -> None:
    path = path_of(generate(sentence, ur5e))
    heights = np.array(path.points)[0 if path.repeat else 1 :, 3]
    middle = 0.5 * (heights.min() + heights.max())
    lowest = heights.min() if "write" in sentence else middle
    assert lowest == pytest.approx(height, abs=1e-3)


def test_a_line_lies_as_far_aside_as_is_said(ur5e: Robot) -> None:
    y = np.array(path_of(generate("draw a circle 10 cm to the left", ur5e)).points)[:, 2]
    assert 0.5 * (y.min() + y.max()) == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize(
    ("sentence", "text", "height"),
    [
        ("write hi 5 cm high", "hi", 0.05),
        ("write hi to the left", "hi", 0.07),
        ("write A 10 cm high", "A", 0.1),
        ("write hi and nod", "hi", 0.07),
        ("write hi twice", "hi hi", 0.07),
        ("write “hi and nod”", "hi and nod", 0.07),
        ("write salt and pep", "salt and pep", 0.07),
    ],
)
def test_what_is_written_ends_where_it_is_said_how(
    sentence: str, text: str, height: float, ur5e: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[tuple[str, float]]()

    def noted(words: str, plane: Plane, size: float, *rest: object) -> object:
        asked.append((words, size))
        return written(words, plane, size, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("tabrl_reward_worker.generator.arm.drawing.written", noted)
    generate(sentence, ur5e)
    assert (text, height) in asked


@pytest.mark.parametrize(("name", "times"), [("line", 2), ("spiral", 2), ("zigzag", 3), ("arc", 4)])
def test_figures_that_end_are_drawn_so_often(name: str, times: int, ur5e: Robot) -> None:
    proposal = generate(f"draw {times} {name}s", ur5e)
    assert proposal.not_understood == []
    path = path_of(proposal)
    places = np.array(path.points)[:, 1:]
    on = np.abs(places[:, 2] - HOME_Z) < 1e-6
    assert (np.diff(on.astype(int)) > 0).sum() == times - 1  # begins there
    assert len(path.points) <= MAX_POINTS


def test_what_is_drawn_too_often_is_drawn_as_often_as_there_is_room(ur5e: Robot) -> None:
    proposal = generate("draw a spiral nine times", ur5e)
    assert proposal.not_understood == ["“spiral nine times”: there is room for 2 of 9 times only"]


@pytest.mark.parametrize(
    ("sentence", "seconds"),
    [
        ("draw a circle in 10 seconds", 10.0),
        ("draw a square in 10 seconds", 10.0),
        ("draw three circles in 12 seconds", 4.0),
        ("draw a circle once a second", 1.0),
        ("draw a line in 5 seconds", 5.0),
        ("write hi in 10 seconds", 10.0),
    ],
)
def test_lines_take_the_time_that_is_said(sentence: str, seconds: float, ur5e: Robot) -> None:
    proposal = generate(sentence, ur5e)
    assert proposal.not_understood == []
    path = path_of(proposal)
    took = path.period_s if path.repeat else path.end_s - path.points[1][0]
    assert took == pytest.approx(seconds, rel=0.05)


def test_what_was_drawn_ends_where_the_tip_then_is(ur5e: Robot) -> None:
    for sentence in ("draw a circle in 10 seconds", "draw a circle for 10 seconds"):
        motion = generate(sentence, ur5e).candidates[0].motion
        assert motion is not None
        path, until = motion.phases[0].targets[0].shape, motion.phases[0].until
        assert isinstance(path, Path)
        assert isinstance(until, Duration)
        ends = led(path, np.array([until.seconds if "for" in sentence else path.end_s]))[0]
        held = {one.part: one.shape for one in motion.phases[1].targets if one.part}
        assert [getattr(held[axis], "value", None) for axis in "xyz"] == pytest.approx(
            ends, abs=2e-3
        )


@pytest.mark.parametrize("sentence", ["a circle twice a second", "a 50 cm circle at 1 Hz"])
def test_nothing_is_drawn_faster_than_a_tip_can_swing(
    sentence: str, ur5e: Robot, own: ArmAmounts
) -> None:
    proposal = generate(f"draw {sentence}", ur5e)
    assert any("cannot be done" in line for line in proposal.not_understood)
    speed = np.linalg.norm(np.diff(along(path_of(proposal)), axis=0), axis=-1) / 0.01
    assert speed.max() < 1.02 * own["most"]["speed"]


def test_a_tip_touches_the_table_so_often(ur5e: Robot) -> None:
    path = path_of(generate("touch the table three times", ur5e))
    low = along(path)[:, 2] < ur5e.end_effector_radius
    assert (np.diff(low.astype(int)) > 0).sum() == 3


def test_a_tip_that_touches_the_table_is_on_it(ur5e: Robot) -> None:
    one = generate("touch the table", ur5e).candidates[0]
    check = next(check for check in one.checks if check.id == "position_z")
    assert check.at_most is not None
    assert check.at_most <= ur5e.end_effector_radius + CONTACT_MARGIN
