"""Wiring: which formats there are, and where page and meshes lie."""

from __future__ import annotations

from fastapi import FastAPI

from tabrl.adapters.metrics import service_registry
from tabrl.adapters.metrics.exports import ExportMetrics
from tabrl.adapters.settings import Settings
from tabrl_exporter.app import create_app
from tabrl_exporter.exporting import Exporter
from tabrl_exporter.formats import FORMATS


def build(settings: Settings) -> FastAPI:
    """The service as the settings say; it asks nobody for anything."""
    registry = service_registry("exporter")
    exporter = Exporter(
        FORMATS,
        metrics=ExportMetrics(registry),
        visuals=settings.data / "visuals",
        page=settings.web_dist,
    )
    return create_app(exporter, registry)
