"""Tasks of an arm whose tip goes along a line."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from bench.tasks.arm import measures as of
from bench.tasks.arm.author import Author, X, Y, Z, mean_at_least
from bench.tasks.task import Bound, Task
from HersheyFonts import HersheyFonts

from tabrl.contracts.path import Path
from tabrl.embodiments.arm.catalogue import Quantity


def circle(arm: Author) -> Task:
    """Round and round above the table."""
    size, hz = arm.u(0.1), round(0.16 / (2.0 * math.pi * 0.1), 4)
    middle = arm.at()
    angle = f"state.phase({hz})"
    way = (
        f"jnp.stack([tip[0] - {middle[X]:g} - {size:g} * jnp.cos({angle}), "
        f"tip[1] - {middle[Y]:g} + {size:g} * jnp.sin({angle}), tip[2] - {middle[Z]:g}])"
    )
    return arm.task(
        "circle", "draw a circle of 20 cm",
        {"way": 3.0, "pointing": 0.6},
        {
            "way": f"0.5 * rl.gaussian({way}, 0.08) + 0.5 * rl.gaussian({way}, 0.015)",
            "pointing": "rl.gaussian(state.tool_elevation(), 0.3)",
        },
        [mean_at_least("speed", Quantity.TOOL_SPEED, arm.u(0.12))],
        [
            Bound("radius", "m", of.radius, size - arm.u(0.01), size + arm.u(0.01)),
            Bound("out of round", "m", of.out_of_round, at_most=arm.u(0.008)),
            Bound("rounds", "Hz", of.rounds_per_s, at_least=0.8 * hz, at_most=1.25 * hz),
        ],
    )  # fmt: skip


def eight(arm: Author) -> Task:
    """A lying eight above the table."""
    hz, middle = 0.26, arm.at()
    wide, high = arm.u(0.1), arm.u(0.05)
    angle = f"2.0 * jnp.pi * {hz} * state.time()"
    way = (
        f"jnp.stack([tip[0] - {middle[X]:g} - {high:g} * jnp.sin(2.0 * {angle}), "
        f"tip[1] - {middle[Y]:g} + {wide:g} * jnp.sin({angle}), tip[2] - {middle[Z]:g}])"
    )
    return arm.task(
        "eight", "figure of eight",
        {"way": 3.0, "pointing": 0.6},
        {
            "way": f"0.5 * rl.gaussian({way}, 0.08) + 0.5 * rl.gaussian({way}, 0.015)",
            "pointing": "rl.gaussian(state.tool_elevation(), 0.3)",
        },
        [mean_at_least("speed", Quantity.TOOL_SPEED, arm.u(0.1))],
        [
            Bound("wide", "m", of.span(Y), arm.u(0.18), arm.u(0.22)),
            Bound("high", "m", of.span(X), arm.u(0.085), arm.u(0.12)),
            Bound(
                "times as often ahead as aside", "",
                lambda motion: of.crossings(X)(motion) / max(of.crossings(Y)(motion), 1e-6),
                1.6, 2.5,
            ),
        ],
    )  # fmt: skip


def stir(arm: Author) -> Task:
    """Small rounds, close above the table."""
    size, hz, middle = arm.u(0.05), 0.8, arm.at(z=-0.1)
    angle = f"state.phase({hz})"
    way = (
        f"jnp.stack([tip[0] - {middle[X]:g} - {size:g} * jnp.cos({angle}), "
        f"tip[1] - {middle[Y]:g} + {size:g} * jnp.sin({angle}), tip[2] - {middle[Z]:g}])"
    )
    return arm.task(
        "stir", "stir",
        {"way": 3.0, "pointing": 0.6},
        {
            "way": f"0.5 * rl.gaussian({way}, 0.1) + 0.5 * rl.gaussian({way}, 0.025)",
            "pointing": "rl.gaussian(state.tool_elevation(), 0.3)",
        },
        [mean_at_least("speed", Quantity.TOOL_SPEED, arm.u(0.18))],
        [
            Bound("radius", "m", of.radius, size - arm.u(0.015), size + arm.u(0.015)),
            Bound("out of round", "m", of.out_of_round, at_most=arm.u(0.012)),
            Bound("rounds", "Hz", of.rounds_per_s, at_least=0.7, at_most=0.9),
        ],
    )  # fmt: skip


_WORD, _FONT = "hello", "futural"
_LETTERS_M, _PAPER_M = 0.07, 0.0185  # their height, and that of the tip over the table
_STROKE_POINTS = 40  # of every straight piece of a letter, to measure distances by


def write(arm: Author) -> Task:
    """A word, judged by the letters of the font and not by the path that was asked for."""
    sentence = f"write {_WORD}"
    motion = arm.read(sentence)
    assert motion is not None
    path = motion.phases[0].targets[0].shape
    assert isinstance(path, Path)
    rows = ",\n    ".join(f"[{', '.join(f'{value:g}' for value in row)}]" for row in path.points)
    way = "tip - rl.along(POINTS, state.time())"
    letters, paper = _letters(arm), arm.u(_PAPER_M)
    return arm.task(
        "write", sentence,
        {"way": 3.0, "pointing": 0.6},
        {
            "way": f"0.5 * rl.gaussian({way}, 0.06) + 0.5 * rl.gaussian({way}, 0.012)",
            "pointing": "rl.gaussian(state.tool_elevation(), 0.3)",
        },
        [mean_at_least("speed", Quantity.TOOL_SPEED, arm.u(0.05))],
        [
            Bound("ink beside the letters", "m", of.ink_off(letters, paper), at_most=arm.u(0.008)),
            Bound("letters without ink", "m", of.unwritten(letters, paper), at_most=arm.u(0.008)),
        ],
        before=f"POINTS = [\n    {rows},\n]\n", settle_s=1.0,
    )  # fmt: skip


def _letters(arm: Author) -> list[np.ndarray]:
    """The font's strokes on the table, `[N, 2]` each: seen from the base, about home."""
    font = HersheyFonts()
    font.load_default_font(_FONT)
    font.normalize_rendering(arm.u(_LETTERS_M))
    strokes = [np.array(list(stroke)) for stroke in font.strokes_for_text(_WORD)]
    ends = np.concatenate(strokes)
    middle = 0.5 * (ends.min(0) + ends.max(0))
    share = np.linspace(0.0, 1.0, _STROKE_POINTS)[:, None]
    fine = [
        np.concatenate([a + share * (b - a) for a, b in pairwise(one)])
        for one in (stroke - middle for stroke in strokes if len(stroke) > 1)
    ]
    return [
        np.stack([arm.home[X] + line[:, 1], arm.home[Y] - line[:, 0]], axis=-1) for line in fine
    ]
