"""A small writer of binary glTF: rigid parts in the frames of named bodies.

Positions are stored as 16-bit and normals as 8-bit integers (KHR_mesh_quantization, which three.js
reads by itself), a third of the size of floats: 12 bytes a vertex, steps of 10 µm on a trunk.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_MAGIC, _VERSION, _JSON, _BINARY = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
_BYTE, _SHORT, _UNSIGNED_SHORT, _UNSIGNED_INT = 5120, 5122, 5123, 5125
_VERTICES, _INDICES = 34962, 34963
_STRIDE = 12
_EXTENSION = "KHR_mesh_quantization"
_Json: TypeAlias = dict[str, object]  # an object of the document: written, never read


@dataclass(frozen=True)
class Material:
    """Colour as sRGB in 0…1, and how it reflects."""

    rgb: tuple[float, float, float]
    roughness: float = 0.5
    metallic: float = 0.1


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles of one material: `positions [V, 3]` m, unit `normals [V, 3]`, `faces [F, 3]`."""

    material: str
    positions: NDArray[np.float64]
    normals: NDArray[np.float64]
    faces: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Placement:
    """A mesh, by name, in the frame of a body: `position [3]`, `quaternion [4]` (wxyz)."""

    body: str
    mesh: str
    position: NDArray[np.float64]
    quaternion: NDArray[np.float64]


def write_glb(
    meshes: Mapping[str, Sequence[Surface]],
    placements: Sequence[Placement],
    materials: Mapping[str, Material],
) -> bytes:
    """A GLB with one node per body, named like it; a mesh that is placed twice is stored once."""
    buffer = _Buffer()
    names = list(materials)
    stored: list[_Json] = []
    document: _Json = {
        "asset": {"version": "2.0", "generator": "TabRL"},
        "extensionsUsed": [_EXTENSION],
        "extensionsRequired": [_EXTENSION],
        "materials": [_material(name, materials[name]) for name in names],
        "meshes": stored,
    }
    boxes = {}
    for name, surfaces in meshes.items():
        boxes[name] = box = _Box.around(surfaces)
        primitives = [buffer.add(part, box, names.index(part.material)) for part in surfaces]
        stored.append({"name": name, "primitives": primitives})
    document |= _nodes(placements, boxes)
    document |= buffer.document()
    return _container(document, bytes(buffer.data))


@dataclass(frozen=True, eq=False)
class _Box:
    """The cube in which positions are quantised to -1…1."""

    centre: NDArray[np.float64]
    half: float

    @classmethod
    def around(cls, surfaces: Sequence[Surface]) -> _Box:
        points = np.concatenate([surface.positions for surface in surfaces])
        lower, upper = points.min(axis=0), points.max(axis=0)
        return cls((lower + upper) / 2, float((upper - lower).max() / 2))


class _Buffer:
    """The binary chunk with its views and accessors."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._views: list[dict[str, int]] = []
        self._accessors: list[_Json] = []

    def add(self, surface: Surface, box: _Box, material: int) -> _Json:
        """Store a surface; returns its primitive."""
        count = len(surface.positions)
        points = np.round((surface.positions - box.centre) / box.half * 32767).astype("<i2")
        vertices = np.zeros((count, _STRIDE), np.uint8)
        vertices[:, 0:6] = points.view(np.uint8).reshape(count, 6)
        normals = np.round(surface.normals * 127).astype(np.int8)
        vertices[:, 8:11] = normals.view(np.uint8)
        view = self._view(vertices.tobytes(), _VERTICES, stride=_STRIDE)
        position = self._accessor(
            view, _SHORT, count, "VEC3", normalized=True,
            min=points.min(axis=0).tolist(), max=points.max(axis=0).tolist(),
        )  # fmt: skip
        normal = self._accessor(view, _BYTE, count, "VEC3", normalized=True, byteOffset=8)
        short = count <= 65535
        faces = surface.faces.astype("<u2" if short else "<u4").tobytes()
        indices = self._accessor(
            self._view(faces, _INDICES),
            _UNSIGNED_SHORT if short else _UNSIGNED_INT,
            surface.faces.size,
            "SCALAR",
        )
        attributes = {"POSITION": position, "NORMAL": normal}
        return {"attributes": attributes, "indices": indices, "material": material}

    def document(self) -> _Json:
        """What the JSON says of the chunk."""
        return {
            "buffers": [{"byteLength": len(self.data)}],
            "bufferViews": self._views,
            "accessors": self._accessors,
        }

    def _view(self, data: bytes, target: int, stride: int | None = None) -> int:
        view = {
            "buffer": 0,
            "byteOffset": len(self.data),
            "byteLength": len(data),
            "target": target,
        }
        if stride is not None:
            view["byteStride"] = stride
        self.data += data + bytes(-len(data) % 4)
        self._views.append(view)
        return len(self._views) - 1

    def _accessor(self, view: int, component: int, count: int, kind: str, **more: object) -> int:
        self._accessors.append(
            {"bufferView": view, "componentType": component, "count": count, "type": kind, **more}
        )
        return len(self._accessors) - 1


def _nodes(placements: Sequence[Placement], boxes: Mapping[str, _Box]) -> _Json:
    """Body nodes at the origin, each with a child per placed mesh."""
    nodes: list[_Json] = []
    children: dict[str, list[int]] = {}
    mesh_index = {name: i for i, name in enumerate(boxes)}
    for placement in placements:
        box = boxes[placement.mesh]
        w, x, y, z = placement.quaternion
        at = placement.position + _rotate(placement.quaternion, box.centre)
        children.setdefault(placement.body, []).append(len(nodes))
        nodes.append(
            {
                "mesh": mesh_index[placement.mesh],
                "translation": at.tolist(),
                "rotation": [float(x), float(y), float(z), float(w)],
                "scale": [box.half] * 3,
            }
        )
    first = len(nodes)
    nodes += [{"name": body, "children": own} for body, own in children.items()]
    scene = {"nodes": list(range(first, len(nodes)))}
    return {"nodes": nodes, "scenes": [scene], "scene": 0}


def _rotate(quaternion: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    w, axis = quaternion[0], quaternion[1:]
    twice = 2.0 * np.cross(axis, vector)
    turned: NDArray[np.float64] = vector + w * twice + np.cross(axis, twice)
    return turned


def _material(name: str, material: Material) -> _Json:
    return {
        "name": name,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*(_linear(c) for c in material.rgb), 1.0],
            "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness,
        },
    }


def _linear(srgb: float) -> float:
    """glTF wants linear light, MJCF colours are as on the screen."""
    return srgb / 12.92 if srgb <= 0.04045 else ((srgb + 0.055) / 1.055) ** 2.4


def _container(document: _Json, binary: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        [
            struct.pack("<III", _MAGIC, _VERSION, size),
            struct.pack("<II", len(text), _JSON),
            text,
            struct.pack("<II", len(binary), _BINARY),
            binary,
        ]
    )
