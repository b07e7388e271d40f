"""Reading what `tabrl.visuals.glb` writes, and plain files of other programs."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabrl.visuals.picture.triangles import Doubles, Triangles, joined, painted, unit

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_PARTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_READ = {"KHR_mesh_quantization"}
_TRIANGLES = 4
_GREY = (0.5, 0.5, 0.5, 1.0)


@dataclass(frozen=True, eq=False)
class _Place:
    """How a node's points come into its body's frame: `matrix [3, 3]`, then `position [3]`."""

    matrix: Doubles
    position: Doubles

    def within(self, outer: _Place) -> _Place:
        return _Place(outer.matrix @ self.matrix, outer.matrix @ self.position + outer.position)


def read_glb(data: bytes) -> dict[str, Triangles]:
    """The meshes of each body, by the name of its node, in its frame.

    Raises `ValueError` for what is no GLB, or one that is packed in a way not known here.
    """
    try:
        return _Document(data).bodies()
    except (struct.error, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ValueError(f"no readable GLB: {error!r}") from error


class _Document:
    def __init__(self, data: bytes) -> None:
        magic, _, _, size, _ = struct.unpack_from("<4sIIII", data)
        if magic != b"glTF":
            raise ValueError("no GLB")
        self._json: dict[str, Any] = json.loads(data[20 : 20 + size])
        self._binary = data[20 + size + 8 :]
        unknown = set(self._json.get("extensionsRequired", ())) - _READ
        if unknown:
            raise ValueError(f"GLB with {', '.join(sorted(unknown))}")

    def bodies(self) -> dict[str, Triangles]:
        """What hangs on every named node of the scene."""
        scene = self._json["scenes"][self._json.get("scene", 0)]
        still = _Place(np.eye(3), np.zeros(3))
        found = {}
        for index in scene["nodes"]:
            node = self._json["nodes"][index]
            parts = list(self._below({**node, "rotation": [0, 0, 0, 1], "translation": [0, 0, 0]},
                                     still))  # fmt: skip
            if parts and "name" in node:
                found[str(node["name"])] = joined(parts)
        return found

    def _below(self, node: Mapping[str, Any], outer: _Place) -> Iterator[Triangles]:
        place = _place(node).within(outer)
        if "mesh" in node:
            for primitive in self._json["meshes"][node["mesh"]]["primitives"]:
                yield self._triangles(primitive, place)
        for child in node.get("children", ()):
            yield from self._below(self._json["nodes"][child], place)

    def _triangles(self, primitive: Mapping[str, Any], place: _Place) -> Triangles:
        if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
            raise ValueError("GLB with other than triangles")
        points = self._values(primitive["attributes"]["POSITION"])
        normals = self._values(primitive["attributes"]["NORMAL"])
        faces = self._values(primitive["indices"]).astype(np.int64).reshape(-1, 3)
        points = points @ place.matrix.T + place.position
        normals = unit(normals @ np.linalg.inv(place.matrix))
        material = self._json["materials"][primitive["material"]] if "material" in primitive else {}
        look = material.get("pbrMetallicRoughness", {})
        colour = np.array(look.get("baseColorFactor", _GREY)[:3], np.float64)
        form = points[faces], normals[faces]
        return painted(form, colour, float(look.get("roughnessFactor", 1.0)))

    def _values(self, number: int) -> Doubles:
        """What an accessor holds, `[count, parts]`."""
        accessor = self._json["accessors"][number]
        view = self._json["bufferViews"][accessor["bufferView"]]
        kind = np.dtype(_TYPES[accessor["componentType"]])
        parts, count = _PARTS[accessor["type"]], int(accessor["count"])
        start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
        step = int(view.get("byteStride", parts * kind.itemsize))
        raw = np.ndarray((count, parts), kind, self._binary, start, (step, kind.itemsize))
        values = raw.astype(np.float64)
        if accessor.get("normalized"):
            values = np.maximum(values / np.iinfo(kind).max, -1.0)
        return values


def _place(node: Mapping[str, Any]) -> _Place:
    if "matrix" in node:
        whole = np.array(node["matrix"], np.float64).reshape(4, 4).T
        return _Place(whole[:3, :3], whole[:3, 3])
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    scale = np.array(node.get("scale", (1, 1, 1)), np.float64)
    return _Place(turn * scale, np.array(node.get("translation", (0, 0, 0)), np.float64))
