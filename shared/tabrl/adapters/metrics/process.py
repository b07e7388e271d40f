"""What every service says of its own process."""

from __future__ import annotations

from importlib.metadata import version
from platform import python_version

from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector


def service_registry(service: str) -> CollectorRegistry:
    """The registry of a service, such as `api`, with its process and its build."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    build = Gauge(
        "tabrl_build_info", "1; the labels say what runs.", ["service", "version", "python"],
        registry=registry,
    )  # fmt: skip
    build.labels(service, version("tabrl"), python_version()).set(1)
    return registry
