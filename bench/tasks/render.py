"""Film strips: eight frames of a rollout side by side, rendered by MuJoCo offscreen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import mujoco
import numpy as np
from bench.rotation import Floats
from bench.tasks.arm.body import ArmBody
from bench.tasks.arm.motion import ArmMotion
from bench.tasks.bodies import AnyBody, AnyMotion, named, read_rollout
from bench.tasks.motion import HZ, Motion
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tabrl.robots import scene_xml

Pixels = NDArray[np.uint8]
FRAMES = 8
FRAME = (260, 200)  # width, height
BEGIN_S = 4.0  # well within the motion
LENGTH_S = 2.1  # two periods of 1 Hz; frames are 0.3 s apart
BACKGROUND = (255, 255, 255)
INK = (40, 44, 52)
LABEL = 26
STANDING = 1.07  # height of the trunk, at most, in standing heights
DISTANCE, LOOKED_AT = 3.75, 0.71  # likewise: of the camera, and height of what it looks at
VIEW = 140.0  # degrees from the nose: from ahead and the right, so that a sway shows as well
COLUMNS = 2
ARM_VIEW = 35.0  # degrees from straight ahead of an arm
ARM_BEGIN_S = 0.8  # 3.2 periods of 2 Hz between two frames of 12 s
WAY_ROWS, WAY_M, WAY_COLOUR = 650, 0.003, (0.1, 0.35, 0.8, 1.0)
LEVEL_M, DRAWN = 0.012, (26, 89, 204)
OPENGL = ("egl", "osmesa") if sys.platform == "linux" else ("",)


class StripJob(BaseModel):
    """One strip to render: of which recording, with which caption, into which file."""

    model_config = ConfigDict(frozen=True)

    robot: str
    rollout: Path
    caption: str
    picture: Path


_JOBS: TypeAdapter[list[StripJob]] = TypeAdapter(list[StripJob])


def frame_steps(motion: AnyMotion) -> list[int]:
    """Rows of the frames: even steps through two seconds of a settled motion.

    What an arm does may be a line that takes all the time there is: it is seen to its end.
    """
    last = len(motion) - 1
    if isinstance(motion, ArmMotion):
        return [round(row) for row in np.linspace(min(ARM_BEGIN_S * HZ, last), last, FRAMES)]
    begin = min(round(BEGIN_S * HZ), max(last - round(LENGTH_S * HZ), 0))
    step = min(LENGTH_S * HZ, last - begin) / (FRAMES - 1)
    return [begin + round(i * step) for i in range(FRAMES)]


def render_strip(motion: AnyMotion, caption: str) -> Image.Image:
    """One strip with a caption and a time under every frame.

    The camera follows the trunk from ahead and the right, a little above, and keeps the direction
    of the first frame: a turn is seen as a turn. An arm is seen from where it works, with the way
    of its tip so far; its last frame is that way, from above.

    Raises `RuntimeError` (by MuJoCo) where nothing can be drawn offscreen.
    """
    rows = frame_steps(motion)
    width, height = FRAME
    picture = Image.new("RGB", (FRAMES * width, height + 2 * LABEL), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((8, 4), caption, INK, ImageFont.load_default(18))
    font = ImageFont.load_default(15)
    for index, frame in enumerate(_render_frames(motion, rows)):
        picture.paste(Image.fromarray(frame), (index * width, LABEL))
        label = f"{motion.time[rows[index]]:.2f} s"
        draw.text((index * width + 8, LABEL + height + 4), label, INK, font)
    if isinstance(motion, ArmMotion):
        last = (FRAMES - 1) * width
        picture.paste(_drawn(motion), (last, LABEL))
        draw.text((last + 8, LABEL + 4), "its way, from above", INK, font)
    return picture


def overview(strips: Sequence[Image.Image], scale: float = 0.45) -> Image.Image:
    """All strips at less than half their size, in two columns, row by row."""
    sizes = [(round(strip.width * scale), round(strip.height * scale)) for strip in strips]
    width, height = max(size[0] for size in sizes) + LABEL, max(size[1] for size in sizes)
    rows = -(-len(strips) // COLUMNS)
    picture = Image.new("RGB", (min(COLUMNS, len(strips)) * width, rows * height), BACKGROUND)
    for index, (strip, size) in enumerate(zip(strips, sizes, strict=True)):
        small = strip.resize(size, Image.Resampling.LANCZOS)
        picture.paste(small, (index % COLUMNS * width, index // COLUMNS * height))
    return picture


def save(picture: Image.Image, path: Path) -> None:
    """As a PNG of few colours: strips go into the documentation."""
    picture.quantize(128).save(path, optimize=True)


def _render_frames(motion: AnyMotion, rows: Sequence[int]) -> list[Pixels]:
    model = _checkered_scene(motion.body)
    data = mujoco.MjData(model)
    camera = _aside(motion.body) if isinstance(motion, ArmMotion) else _following(motion, rows)
    width, height = FRAME
    frames: list[Pixels] = []
    with mujoco.Renderer(model, height, width) as renderer:
        for row in rows:
            data.qpos[:] = motion.qpos[row]
            mujoco.mj_forward(model, data)
            if isinstance(motion, Motion):
                camera.lookat[:2] = motion.place[row]
            renderer.update_scene(data, camera)
            if isinstance(motion, ArmMotion):
                _draw_way(renderer.scene, motion.tip[: row + 1])
            frames.append(renderer.render().copy())
    return frames


def _following(motion: Motion, rows: Sequence[int]) -> mujoco.MjvCamera:
    """A camera that is moved along with the trunk."""
    size, camera = motion.body.robot.characteristic_length, mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    # A robot on its hind legs needs a higher and a wider view.
    risen = max(float(np.mean([motion.qpos[row][2] for row in rows])) - STANDING * size, 0.0)
    camera.distance, camera.elevation = DISTANCE * size + 1.5 * risen, -12.0
    camera.azimuth = float(np.degrees(motion.heading[rows[0]])) + VIEW
    camera.lookat[:] = [0.0, 0.0, LOOKED_AT * size + risen]
    return camera


def _aside(body: ArmBody) -> mujoco.MjvCamera:
    """From the side that the arm works on, and from so far above that writing can be read."""
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    size = body.robot.characteristic_length
    camera.lookat[:] = [0.45 * size, 0.0, 0.3 * size]
    camera.distance = 1.6 * size
    camera.azimuth, camera.elevation = 180.0 + ARM_VIEW, -40.0
    return camera


def _drawn(motion: ArmMotion) -> Image.Image:
    """The way of a tip as seen from the base: where it is about as high as most of the time."""
    width, height = FRAME
    picture = Image.new("RGB", (width, height), BACKGROUND)
    draw, way = ImageDraw.Draw(picture), motion.tip
    level = np.abs(way[:, 2] - np.median(way[:, 2])) < LEVEL_M
    flat = np.stack([-way[:, 1], -way[:, 0]], axis=-1)  # right and down
    lower, upper = flat[level].min(0), flat[level].max(0)
    scale = min((np.array([width, height]) - 2 * LABEL) / np.maximum(upper - lower, 0.05))
    places = (flat - 0.5 * (lower + upper)) * scale + np.array([width, height]) / 2
    for row in np.flatnonzero(level[1:] & level[:-1]):
        draw.line([tuple(places[row]), tuple(places[row + 1])], DRAWN, 3)
    return picture


def _draw_way(scene: mujoco.MjvScene, way: Floats) -> None:
    """Where a tip has been, as a line of short pieces."""
    for begin, end in pairwise(way[-WAY_ROWS:]):
        if scene.ngeom >= scene.maxgeom or not np.any(begin != end):
            continue
        geom = scene.geoms[scene.ngeom]
        mujoco.mjv_initGeom(
            geom, mujoco.mjtGeom.mjGEOM_CAPSULE, np.zeros(3), np.zeros(3), np.zeros(9),
            np.array(WAY_COLOUR, np.float32),
        )  # fmt: skip
        mujoco.mjv_connector(geom, mujoco.mjtGeom.mjGEOM_CAPSULE, WAY_M, begin, end)
        scene.ngeom += 1


def _checkered_scene(body: AnyBody) -> mujoco.MjModel:
    """The scene on a floor of light squares, whose size shows how far the robot gets."""
    spec = mujoco.MjSpec.from_string(scene_xml(body.robot.id).decode())
    spec.add_texture(
        name="squares",
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        rgb1=[0.86, 0.88, 0.9],
        rgb2=[0.8, 0.82, 0.85],
        width=128,
        height=128,
    )
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=[0.95, 0.96, 0.97],
        rgb2=[0.95, 0.96, 0.97],
        width=16,
        height=96,
    )
    material = spec.material("floor")
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "squares"
    material.texrepeat = [4, 4]
    material.texuniform = True
    material.rgba = [1, 1, 1, 1]
    for light in spec.lights:
        light.castshadow = False  # on a floor without end the shadow is mostly noise
    spec.visual.headlight.ambient[:] = 0.45
    spec.visual.headlight.diffuse[:] = 0.55
    model: mujoco.MjModel = spec.compile()
    return model


def render_strips(jobs: Sequence[StripJob], overview_path: Path) -> None:
    """Render and save all strips, and one picture of them together."""
    strips = []
    for job in jobs:
        strips.append(render_strip(read_rollout(job.rollout, named(job.robot)), job.caption))
        save(strips[-1], job.picture)
    save(overview(strips), overview_path)


def render_in_subprocess(jobs: Sequence[StripJob], overview_path: Path) -> str | None:
    """`render_strips` in a process of its own, which may load OpenGL its own way.

    MuJoCo reads its choice of OpenGL once, when it is imported. Returns what went wrong.
    """
    problem = None
    for library in OPENGL:
        done = subprocess.run(
            [sys.executable, "-m", "bench.tasks.render", str(overview_path)],
            input=_JOBS.dump_json(list(jobs)),
            env={**os.environ, "MUJOCO_GL": library},
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return None
        problem = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
    return " ".join(problem or ["no picture could be drawn"])


if __name__ == "__main__":
    render_strips(_JOBS.validate_json(sys.stdin.buffer.read()), Path(sys.argv[1]))
