"""`python -m deploy.dashboards`: write the JSON that Grafana provisions."""

from __future__ import annotations

from pathlib import Path

from deploy.dashboards.contents import DASHBOARDS
from deploy.dashboards.grafana import grafana_json

FOLDER = Path(__file__).parents[1] / "grafana" / "dashboards"


def main() -> None:
    """Write every dashboard anew."""
    FOLDER.mkdir(exist_ok=True)
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.uid}.json").write_text(grafana_json(dashboard))


if __name__ == "__main__":
    main()
