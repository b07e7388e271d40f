"""A dashboard as Grafana's JSON, through the foundation SDK, whose types are Grafana's schema."""

from __future__ import annotations

from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from deploy.dashboards.model import Dashboard, Panel, Query

DATASOURCE = "tabrl-prometheus"  # its uid in provisioning/datasources
_SPAN, _HEIGHT = 12, 8  # of 24 columns; rows
_SOURCE = DataSourceRef(type_val="prometheus", uid=DATASOURCE)


def grafana_json(dashboard: Dashboard) -> str:
    """The document that Grafana provisions."""
    builder = (
        dashboards.Dashboard(dashboard.title)
        .uid(dashboard.uid)
        .description(dashboard.what)
        .tags(["tabrl"])
        .timezone("browser")
        .refresh("10s")
        .time("now-1h", "now")
        .readonly()
    )
    for number, panel in enumerate(dashboard.panels, 1):
        builder.with_panel(_panel(panel, number))
    return JSONEncoder(sort_keys=True, indent=2).encode(builder.build()) + "\n"


def _panel(panel: Panel, number: int) -> stat.Panel | timeseries.Panel:
    made: stat.Panel | timeseries.Panel
    if panel.kind == "number":
        made = stat.Panel().span(_SPAN).text_mode(BigValueTextMode.VALUE_AND_NAME)
    else:
        legend = common.VizLegendOptions().show_legend(True)
        legend.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
        made = timeseries.Panel().span(_SPAN).legend(legend)
    made.id(number).title(panel.title).description(panel.why).unit(panel.unit).height(_HEIGHT)
    made.datasource(_SOURCE)
    for place, query in enumerate(panel.queries):
        made.with_target(_target(query, chr(ord("A") + place), panel.kind == "number"))
    return made


def _target(query: Query, ref_id: str, instant: bool) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).ref_id(ref_id).legend_format(query.legend)
    return target.instant() if instant else target.range()
