"""The colours that a texture gives to a mesh."""

from __future__ import annotations

import mujoco
import numpy as np

from tabrl.robot_import.model.source import Doubles


def face_colours(model: mujoco.MjModel, geom: int) -> Doubles | None:
    """The texture in the middle of each face, `[F, 3]` as sRGB in 0…1; None without a flat one."""
    mesh, material = int(model.geom_dataid[geom]), int(model.geom_matid[geom])
    if material < 0 or int(model.mesh_texcoordnum[mesh]) == 0:
        return None
    texture = int(model.mat_texid[material][mujoco.mjtTextureRole.mjTEXROLE_RGB])
    if texture < 0 or model.tex_type[texture] != mujoco.mjtTexture.mjTEXTURE_2D:
        return None
    first, faces = int(model.mesh_faceadr[mesh]), int(model.mesh_facenum[mesh])
    corners = model.mesh_facetexcoord[first : first + faces]
    own = model.mesh_texcoord[int(model.mesh_texcoordadr[mesh]) :]
    u, v = own[corners].mean(axis=1).T
    image = _image(model, texture)
    height, width = image.shape[:2]
    rows = np.clip((v % 1.0) * height, 0, height - 1).astype(np.intp)
    columns = np.clip((u % 1.0) * width, 0, width - 1).astype(np.intp)
    tint = model.mat_rgba[material][:3]
    colours: Doubles = image[rows, columns] / 255.0 * tint
    return colours


def _image(model: mujoco.MjModel, texture: int) -> np.ndarray:
    """Rows of pixels from the top, `[H, W, 3]`."""
    height, width = int(model.tex_height[texture]), int(model.tex_width[texture])
    channels, first = int(model.tex_nchannel[texture]), int(model.tex_adr[texture])
    data = model.tex_data[first : first + height * width * channels]
    pixels = data.reshape(height, width, channels)
    return pixels[..., :3] if channels >= 3 else np.repeat(pixels[..., :1], 3, axis=-1)
