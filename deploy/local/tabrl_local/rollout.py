"""`tabrl rollout`: a model driven over the inference WebSocket, C MuJoCo in the browser's place."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import mujoco
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tabrl.contracts.training import RoundTrip
from tabrl.contracts.wire import HEADER, PROTOCOL, Flags, Header, Hello, Kind, Refusal, Welcome
from tabrl.control.embodiment import Embodiment
from tabrl.robots import Robot
from tabrl_local.client import LOOPBACK, Api
from tabrl_local.errors import CommandError
from tabrl_local.robots import embodiment_named

CONTACT_GAP_M = 0.001
ANSWER_LIMIT_S = 5.0
# A step that comes later than this moves the schedule instead of being caught up with.
LAG_LIMIT_S = 0.1

Floats = NDArray[np.float64]


class RolloutReport(BaseModel):
    """What `tabrl rollout --json` prints. Its keys are stable."""

    model_config = ConfigDict(frozen=True)

    model_id: str
    params_version: int
    seconds: float
    steps: int
    control_hz: float
    real_time_factor: float
    rtt_ms: RoundTrip
    out: str | None = None


@dataclass(frozen=True, eq=False)
class Recording:
    """One row for every control step: the state it began in and what was done in it."""

    time: Floats  # [T] s
    qpos: Floats  # [T, nq]
    qvel: Floats  # [T, nv]
    ctrl: Floats  # [T, nu] targets applied during the step
    action: Floats  # [T, nu] the policy's action behind these targets
    rtt_ms: Floats  # [T]
    end_position: Floats  # [T, ne, 3] world, centres of the end effectors, m
    end_contact: NDArray[np.bool_]  # [T, ne] end effector within 1 mm of the ground
    end_names: tuple[str, ...]
    scene_sha256: str
    tool_pose: Floats | None  # [T, 7] place and quaternion wxyz of a kind's tool, if it has one

    @classmethod
    def empty(
        cls, steps: int, model: mujoco.MjModel, embodiment: Embodiment, scene_sha256: str
    ) -> Recording:
        """Room for so many steps."""
        robot, tool = embodiment.robot, embodiment.tool
        ends = len(robot.end_effectors)
        return cls(
            time=np.zeros(steps),
            qpos=np.zeros((steps, model.nq)),
            qvel=np.zeros((steps, model.nv)),
            ctrl=np.zeros((steps, model.nu)),
            action=np.zeros((steps, model.nu)),
            rtt_ms=np.zeros(steps),
            end_position=np.zeros((steps, ends, 3)),
            end_contact=np.zeros((steps, ends), np.bool_),
            end_names=robot.end_effectors,
            scene_sha256=scene_sha256,
            tool_pose=None if tool is None else np.zeros((steps, 7)),
        )

    def save(self, path: Path) -> None:
        """Write an npz of exactly these arrays. Raises CommandError if that is not possible.

        Its keys are a public interface, and say foot for whatever ends a limb. Of robots with a
        tool there are tool_position and tool_quaternion as well.
        """
        tool = {}
        if self.tool_pose is not None:
            tool = {
                "tool_position": self.tool_pose[:, :3],
                "tool_quaternion": self.tool_pose[:, 3:],
            }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                np.savez_compressed(
                    file,
                    allow_pickle=False,
                    time=self.time,
                    qpos=self.qpos,
                    qvel=self.qvel,
                    ctrl=self.ctrl,
                    action=self.action,
                    rtt_ms=self.rtt_ms,
                    foot_position=self.end_position,
                    foot_contact=self.end_contact,
                    foot_names=np.array(self.end_names),
                    scene_sha256=np.array(self.scene_sha256),
                    **tool,
                )
        except OSError as error:
            raise CommandError(f"cannot write {path}: {error.strerror}") from error


class Plant:
    """The simulated robot, stepped exactly as the page steps it."""

    def __init__(self, scene: bytes, robot: Robot) -> None:
        self.model: mujoco.MjModel = mujoco.MjModel.from_xml_string(scene.decode())
        self._data = mujoco.MjData(self.model)
        self._shadow = mujoco.MjData(self.model)  # kinematics without touching the simulation
        self._ends = [self.model.site(name).id for name in robot.end_effectors]
        self._radius = robot.end_effector_radius
        mujoco.mj_resetDataKeyframe(self.model, self._data, self.model.keyframe("home").id)

    def state(self) -> tuple[float, Floats, Floats, Floats]:
        """`time`, `qpos`, `qvel`, `ctrl`; views, not copies."""
        return self._data.time, self._data.qpos, self._data.qvel, self._data.ctrl

    def frame(self, tick: int) -> bytes:
        """The state as the simulator sends it."""
        flags = Flags.RESET if tick == 0 else Flags.NONE
        header = Header(Kind.STATE, PROTOCOL, flags, tick, 0).pack()
        moment, *rest = self.state()
        return header + np.concatenate([[moment], *rest]).astype("<f8").tobytes()

    def ends(self) -> Floats:
        """Centres of the end effectors now, `[ne, 3]`."""
        self._shadow.qpos[:] = self._data.qpos
        mujoco.mj_kinematics(self.model, self._shadow)
        positions: Floats = self._shadow.site_xpos[self._ends].copy()
        return positions

    def pose(self, site: str) -> Floats:
        """Place and quaternion wxyz of a site, `[7]`, where `ends` was asked last."""
        found, quaternion = self._shadow.site(site), np.zeros(4)
        mujoco.mju_mat2Quat(quaternion, found.xmat)
        return np.concatenate([found.xpos, quaternion])

    def touching(self, ends: Floats, embodiment: Embodiment) -> NDArray[np.bool_]:
        """Which end effectors are on the ground, `[ne]`."""
        gaps = embodiment.above_ground(ends) - self._radius
        touching: NDArray[np.bool_] = gaps < CONTACT_GAP_M
        return touching

    def step(self, ctrl: Floats, substeps: int) -> None:
        """One control step with these targets. Raises CommandError if the simulation diverges."""
        self._data.ctrl[:] = ctrl
        mujoco.mj_step(self.model, self._data, substeps)
        if not np.isfinite(self._data.qpos).all() or self._data.time == 0.0:
            raise CommandError("the simulation diverged", code="diverged")


def rollout(api: Api, model_id: str, seconds: float) -> tuple[Recording, RolloutReport]:
    """Drive a model from the home keyframe in real time. Raises CommandError for any failure."""
    view = api.model(model_id)
    embodiment = embodiment_named(view.robot, view.ground)
    robot = embodiment.robot
    scene = api.fetch(view.scene_url)
    found = hashlib.sha256(scene).hexdigest()
    if found != view.scene_sha256:
        raise CommandError(
            "the scene is not the one the model was trained in",
            hint=f"expected {view.scene_sha256[:12]}, got {found[:12]}",
            code="wrong_scene",
        )
    hello = Hello(model_id=view.id, scene_sha256=found)
    return asyncio.run(
        _drive(api.socket_url(view), hello, Plant(scene, robot), embodiment, seconds)
    )


async def _drive(
    url: str, hello: Hello, plant: Plant, embodiment: Embodiment, seconds: float
) -> tuple[Recording, RolloutReport]:
    proxy: Literal[True] | None = None if urlsplit(url).hostname in LOOPBACK else True
    try:
        async with connect(url, compression=None, proxy=proxy, open_timeout=10) as socket:
            await socket.send(hello.model_dump_json())
            welcome = _welcome(await _receive(socket))
            return await _steps(socket, welcome, hello, plant, embodiment, seconds)
    except ConnectionClosed as error:
        reason = error.rcvd.reason if error.rcvd else ""
        raise CommandError(
            f"the inference server closed the connection ({reason or 'no reason given'})",
            code="connection_closed",
        ) from error
    except (OSError, WebSocketException, TimeoutError) as error:
        raise CommandError(
            f"cannot reach the inference server at {url.partition('?')[0]}: "
            f"{error or 'no answer in time'}",
            code="unreachable",
        ) from error


async def _steps(
    socket: ClientConnection,
    welcome: Welcome,
    hello: Hello,
    plant: Plant,
    embodiment: Embodiment,
    seconds: float,
) -> tuple[Recording, RolloutReport]:
    period = 1.0 / welcome.control_hz
    substeps = max(1, round(period / plant.model.opt.timestep))
    steps = max(1, round(seconds * welcome.control_hz))
    log = Recording.empty(steps, plant.model, embodiment, hello.scene_sha256)
    version = welcome.params_version
    gc.collect()
    gc.disable()  # a collection in the loop would show as a late step
    try:
        begin = due = time.perf_counter()
        for tick in range(steps):
            ends = plant.ends()
            log.time[tick], log.qpos[tick], log.qvel[tick], last = plant.state()
            log.end_position[tick], log.end_contact[tick] = ends, plant.touching(ends, embodiment)
            if log.tool_pose is not None and embodiment.tool is not None:
                log.tool_pose[tick] = plant.pose(embodiment.tool)
            sent = time.perf_counter()
            await socket.send(plant.frame(tick))
            version, ctrl = await _action(socket, tick, plant.model.nu)
            log.rtt_ms[tick] = (time.perf_counter() - sent) * 1e3
            log.ctrl[tick], log.action[tick] = ctrl, embodiment.joints.action(ctrl, last)
            plant.step(ctrl, substeps)
            due += period
            late = time.perf_counter() - due
            if late > LAG_LIMIT_S:
                due += late
            elif late < 0.0:
                await asyncio.sleep(-late)
        wall = time.perf_counter() - begin
    finally:
        gc.enable()
    p50, p95, p99 = (float(x) for x in np.percentile(log.rtt_ms, (50, 95, 99)))
    report = RolloutReport(
        model_id=hello.model_id,
        params_version=version,
        seconds=round(steps * period, 3),
        steps=steps,
        control_hz=round(steps / wall, 2),
        real_time_factor=round(steps * period / wall, 4),
        rtt_ms=RoundTrip(p50=round(p50, 3), p95=round(p95, 3), p99=round(p99, 3)),
    )
    return log, report


async def _receive(socket: ClientConnection) -> str | bytes:
    async with asyncio.timeout(ANSWER_LIMIT_S):
        return await socket.recv()


async def _action(socket: ClientConnection, tick: int, nu: int) -> tuple[int, Floats]:
    """The answer to a tick; other news on the way are passed over."""
    while True:
        message = await _receive(socket)
        if isinstance(message, str):
            _raise_if_refused(message)
            continue
        if len(message) != HEADER.size + 4 * nu:
            raise CommandError(f"an action frame of {len(message)} bytes", code="bad_frame")
        header = Header.unpack(message)
        if header.kind != Kind.ACTION or header.protocol != PROTOCOL:
            raise CommandError("the server speaks another protocol", code="wrong_protocol")
        if header.tick == tick:
            ctrl = np.frombuffer(message, "<f4", offset=HEADER.size).astype(np.float64)
            return header.params_version, ctrl


def _welcome(message: str | bytes) -> Welcome:
    if isinstance(message, str):
        _raise_if_refused(message)
    try:
        return Welcome.model_validate_json(message)
    except ValidationError as error:
        raise CommandError(
            "the server speaks another protocol",
            hint="client and server may differ in version",
            code="wrong_protocol",
        ) from error


def _raise_if_refused(message: str) -> None:
    try:
        refusal = Refusal.model_validate_json(message)
    except ValidationError:
        return
    raise CommandError(refusal.message, code=refusal.code)
