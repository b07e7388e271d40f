"""Figures and handwriting as paths: where they lie, how wide they are, how fast they are drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tabrl.contracts.path import MAX_POINTS, Path
from tabrl.control.measures import led
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
