"""A model's parameters in, the files of a format out."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tabrl.adapters.metrics.exports import ExportMetrics
from tabrl.control.policy import read_policy
from tabrl.domain.errors import Conflict, TabrlError
from tabrl.export.archive import archived
from tabrl.export.exportable import Exportable
from tabrl.export.formats import ExportFormat, Formats, format_named
from tabrl.robots import get_robot, scene_sha256, scene_xml


@dataclass(frozen=True)
class Order:
    """A model to take away: parameters of a version, its task, evaluated episodes if there are."""

    params: bytes
    model_id: str
    version: int
    sentence: str = ""
    episodes: bytes | None = None


@dataclass(frozen=True)
class Exporter:
    """Builds exports, one at a time: they want the processor, and memory.

    `visuals` is the folder of robots' meshes, `page` that of the built page.
    """

    formats: Formats
    metrics: ExportMetrics
    visuals: Path
    page: Path
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def export(self, name: str, order: Order) -> bytes:
        """The zip of a model in a format.

        Raises `NotFound` (`unknown_format`, `unknown_robot`), `Invalid` (`bad_params` and what
        the format cannot hold) or `Conflict` (`scene_changed`).
        """
        chosen = format_named(name, self.formats)
        began, outcome = time.monotonic(), "failed"
        try:
            with self._one:
                made = self._made(chosen, order)
            outcome = "done"
        except TabrlError:
            outcome = "refused"
            raise
        finally:
            self.metrics.exports.labels(name, outcome).inc()
            self.metrics.seconds.labels(name).observe(time.monotonic() - began)
        return made

    def _made(self, chosen: ExportFormat, order: Order) -> bytes:
        files = chosen.write(self._exportable(order))
        return archived(files, folder=f"{order.model_id}-{chosen.name}")

    def _exportable(self, order: Order) -> Exportable:
        header, _ = read_policy(order.params)
        robot = get_robot(header.robot).on(header.ground)
        if header.scene_sha256 != scene_sha256(robot.id, robot.ground):
            raise Conflict(
                f"The scene of {robot.id} is not the one that the model was trained in.",
                code="scene_changed",
                hint="Train the task again, or export with the version that trained it.",
            )
        meshes = self.visuals / f"{robot.id}.glb"
        return Exportable(
            model_id=order.model_id,
            params_version=order.version,
            step=header.step,
            robot=robot,
            params=order.params,
            scene=scene_xml(robot.id, robot.ground),
            visuals=meshes.read_bytes() if meshes.is_file() else None,
            page=self.page if self.page.is_dir() else None,
            sentence=order.sentence,
            episodes=order.episodes,
        )
