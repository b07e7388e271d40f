"""The light of the page's stage: sky and floor, a sun, a rim behind."""

from __future__ import annotations

import numpy as np

from tabrl.visuals.picture.triangles import Doubles, linear, unit

SUN = unit(np.array([0.75, -1.0, 2.1]))
_RIM = unit(np.array([-3.0, 2.5, 1.8]))
_SUNLIGHT, _RIMLIGHT = (
    2.4 * linear(np.array([1.0, 0.957, 0.886])),
    1.6 * linear(np.array([0.749, 0.914, 1.0])),
)
_SKY, _GROUND = (
    1.15 * linear(np.array([0.859, 0.914, 1.0])),
    1.3 * linear(np.array([0.32, 0.36, 0.42])),
)
_GLOSS = 0.25
_EXPOSURE = 1.0


def lit(normals: Doubles, towards: Doubles, colours: Doubles, roughness: Doubles) -> Doubles:
    """Colours on the screen `[N, 3]`, 0…1.

    Args:
        normals: unit vectors `[N, 3]`.
        towards: unit vectors to the camera, `[N, 3]`; normals that point away are turned over.
        colours: of the surface, `[N, 3]` in linear light.
        roughness: 0…1, `[N]`.
    """
    facing = np.where((normals * towards).sum(axis=1, keepdims=True) < 0.0, -normals, normals)
    share = (facing[:, 2:] + 1.0) / 2.0
    light = share * _SKY + (1.0 - share) * _GROUND
    shine = np.zeros_like(light)
    power = 2.0 / np.maximum(roughness, 0.15)[:, None] ** 3
    for way, strength in ((SUN, _SUNLIGHT), (_RIM, _RIMLIGHT)):
        light = light + np.maximum(facing @ way, 0.0)[:, None] * strength
        between = unit(towards + way)
        mirrored = np.maximum((facing * between).sum(axis=1, keepdims=True), 0.0) ** power
        shine = shine + (1.0 - roughness)[:, None] * mirrored * strength
    return _on_screen(_EXPOSURE * (colours * light + _GLOSS * shine))


def _on_screen(light: Doubles) -> Doubles:
    """Tone mapping by the fit of ACES that is usual in games, then sRGB."""
    mapped = np.clip(light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14), 0, 1)
    made: Doubles = np.where(
        mapped <= 0.0031308, 12.92 * mapped, 1.055 * mapped ** (1 / 2.4) - 0.055
    )
    return made
