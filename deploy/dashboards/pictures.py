"""A dashboard as a picture, drawn from the answers to the queries that Grafana would ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from deploy.dashboards.model import Dashboard, Panel
from deploy.dashboards.prometheus import Series

Answers = Callable[[Panel], Sequence[tuple[str, Series]]]
"""A panel's series by their names."""

_COLUMNS, _WIDTH, _HEIGHT = 3, 5.0, 2.9  # inches a panel
_MAX_NAMES = 8
_SCALES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def draw(dashboard: Dashboard, answers: Answers, path: Path) -> None:
    """Draw all panels into a PNG file."""
    rows = -(-len(dashboard.panels) // _COLUMNS)
    figure = Figure(figsize=(_WIDTH * _COLUMNS, _HEIGHT * rows + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(dashboard.title, fontsize=14, fontweight="bold")
    places = iter(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    shown = [(panel, answers(panel)) for panel in dashboard.panels]
    times = [when for _, series in shown for _, one in series for when in one.times]
    span = (min(times, default=0.0), max(times, default=1.0))
    for (panel, series), axes in zip(shown, places, strict=False):
        if panel.kind == "number":
            _draw_figures(axes, panel, series)
        else:
            _draw_lines(axes, panel, series, span)
        axes.set_title(panel.title, fontsize=10, loc="left")
    for axes in list(places):
        axes.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80, metadata={"Software": None})


def _draw_lines(
    axes: Axes,
    panel: Panel,
    series: Sequence[tuple[str, Series]],
    span: tuple[float, float],
) -> None:
    """Lines over the minutes of the whole `span`, which is in seconds."""
    begin, end = span
    by_size = sorted(series, key=lambda pair: -max(pair[1].values))
    for place, (name, one) in enumerate(by_size):
        label = name if place < _MAX_NAMES else None
        minutes = [(when - begin) / 60.0 for when in one.times]
        axes.plot(minutes, one.values, linewidth=1.2, label=label)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: in_unit(value, panel.unit)))
    axes.set_xlim(0.0, (end - begin) / 60.0)
    lowest = min((min(one.values) for _, one in series), default=0.0)
    axes.set_ylim(bottom=min(lowest, 0.0) - 0.03 * axes.get_ylim()[1])  # a line at 0 is seen
    axes.tick_params(labelsize=7)
    axes.set_xlabel("min", fontsize=7)
    axes.grid(alpha=0.3)
    if any(name for name, _ in series):
        axes.legend(fontsize=6, loc="best", framealpha=0.6)


def _draw_figures(axes: Axes, panel: Panel, series: Sequence[tuple[str, Series]]) -> None:
    axes.set_axis_off()
    shown = sorted(series, key=lambda pair: pair[0])[: 2 * _MAX_NAMES]
    size = 24 if len(shown) < 3 else 9
    for place, (name, one) in enumerate(shown):
        text = f"{in_unit(one.values[-1], panel.unit)}  {name}"
        column, row = divmod(place, _MAX_NAMES)
        axes.text(
            0.5 * column, 0.85 - row / (_MAX_NAMES if size == 9 else 3), text, fontsize=size,
            transform=axes.transAxes,
        )  # fmt: skip


def in_unit(value: float, unit: str) -> str:
    """A value in one of Grafana's units, as short as it can be."""
    match unit:
        case "percentunit":
            return f"{100.0 * value:.3g} %"
        case "currencyUSD":
            return f"${value:.3g}"
        case "s":
            return f"{1e3 * value:.3g} ms" if 0.0 < abs(value) < 1.0 else f"{value:.3g} s"
    for scale, letter in _SCALES:
        if abs(value) >= scale:
            return f"{value / scale:.3g}{letter}{'B' if unit == 'bytes' else ''}"
    return f"{value:.3g}{'/s' if unit in ('ops', 'reqps') else ''}"
