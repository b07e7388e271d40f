"""An arm: the longest chain of hinges from a fixed base, and the tool at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import mujoco
import numpy as np

from tabrl.embodiments.arm.names import PLACE, POINTING
from tabrl.robot_import.limbs.found import FoundLimb, Survey, hinges_only, unit, way_to
from tabrl.robot_import.limbs.freedom import lacking
from tabrl.robot_import.limbs.legs import MIN_LEGS
from tabrl.robot_import.model.extent import lowest, reach, solid
from tabrl.robot_import.model.home import NEAR_FLOOR, Home
from tabrl.robot_import.model.source import Doubles, Source, is_hinge, no_root
from tabrl.robot_import.names import identifier
from tabrl.robot_import.refusal import refusal

KIND = "arm"
# What people call the site at the tool, the first that a model has.
_TOOL_WORDS = ("tcp", "tool", "grasp", "pinch", "attachment", "ee", "eef", "end_effector")
_MIN_JOINTS = 2
_SHORTEST = 1e-3  # m, of an arm's reach
_WRIST = 3  # joints that turn the tool, of an arm that has more than one other
_STRAIGHT_DOWN = 0.5  # rad away from it


@dataclass(frozen=True, eq=False)
class _Tool:
    """What an arm ends with: on which body, where and how turned in the world, and in words."""

    body: int
    point: Doubles
    turn: Doubles
    name: str
    words: str


def survey_tool(source: Source, home: Home, wanted: str | None = None) -> Survey:
    """The chain to the tool of a robot on a fixed base.

    Args:
        source: the model.
        home: its pose.
        wanted: a site, or a body; else what is at the end of the longest chain.

    Raises:
        Invalid: there is no such tool, no chain, several as long, or one without a shape.
    """
    data = source.posed(home.qpos)
    tool = _named(source, data, wanted) if wanted else _found(source, data)
    way = way_to(source, tool.body)
    hinges = _hinges(source, way) if wanted is None else way
    hinges_only(source, hinges)
    if len(hinges) < _MIN_JOINTS:
        raise refusal(
            f"only {len(hinges)} joints move {tool.words}: name the tool of a longer chain with "
            "--tool"
        )
    _require_shapes(source, hinges)
    limb = FoundLimb(
        name=KIND,
        place=(),
        joints=tuple(hinges),
        signs=(1.0,) * len(hinges),
        body=tool.body,
        point=tool.point,
        radius=0.0,
        end=tool.words,
        effector=tool.name,
        turn=tool.turn,
    )
    reach = _reach(data, hinges, tool.point)
    if reach < _SHORTEST:
        raise refusal(
            f"{tool.words} is on the axes of all joints after the first, so none of them moves it: "
            "name another with --tool"
        )
    without = lacking(source, home, hinges, tool.body, tool.point, tool.turn, reach)
    notes = (*_remarks(tool), *_few(without))
    return Survey(KIND, (limb,), reach, without=without, notes=notes)


def _require_shapes(source: Source, hinges: Sequence[int]) -> None:
    """Raises `Invalid` for an arm of which nothing that moves could be seen, or touch anything."""
    bodies = {int(source.model.geom_bodyid[geom]) for geom in solid(source)}
    if not any(set(hinges) & set(way_to(source, body)) for body in bodies):
        raise refusal(
            "nothing that the arm moves has a shape: give its links collision geometry, primitives "
            "or meshes in .stl, .obj or .msh"
        )


def _remarks(tool: _Tool) -> tuple[str, ...]:
    """How the tool is held at home, where that is not how the kind's arms hold theirs."""
    down = -float(np.array([0.0, 0.0, 1.0]) @ _axes(tool.turn)[:, 2])
    if down > np.cos(_STRAIGHT_DOWN):
        return ()
    angle = np.degrees(np.arccos(np.clip(down, -1.0, 1.0)))
    return (
        f"at home {tool.words} points {angle:.0f}° away from straight down, where tools of the "
        "kind point: its z axis is what points",
    )


def _few(without: Sequence[str]) -> tuple[str, ...]:
    """What comes of joints that are too few, or too much alike."""
    if not set(without) & {*PLACE, *POINTING}:
        return ()
    return (
        "its joints cannot place the tool and point it as well, so no policy can be pretrained for "
        "it: it learns single tasks from nothing (tabrl run --tier full)",
    )


def _axes(turn: Doubles) -> Doubles:
    flat = np.zeros(9)
    mujoco.mju_quat2Mat(flat, turn)
    return flat.reshape(3, 3)


def _found(source: Source, data: mujoco.MjData) -> _Tool:
    """The tool at the end of the longest chain of hinges."""
    ends = {body: _hinges(source, way_to(source, body)) for body in source.bodies}
    most = max(len(hinges) for hinges in ends.values())
    if most < _MIN_JOINTS:
        raise refusal(
            f"no more than {most} hinges in a row hang on the fixed root: an arm has {_MIN_JOINTS} "
            "or more, and what walks has a root with a <freejoint/>"
        )
    chains = {tuple(hinges) for hinges in ends.values() if len(hinges) == most}
    if len(chains) > 1:
        _refuse_several(source, data, chains)
    bodies = [body for body, hinges in ends.items() if len(hinges) == most]
    site = _best_site(source, bodies)
    if site is not None:
        return _site(source, data, site)
    last = int(source.model.jnt_bodyid[ends[bodies[0]][-1]])
    return _far_end(source, data, bodies, last)


def _refuse_several(source: Source, data: mujoco.MjData, chains: set[tuple[int, ...]]) -> None:
    names = ", ".join(sorted(_body(source, int(source.model.jnt_bodyid[c[-1]])) for c in chains))
    legs = len(chains) > MIN_LEGS or all(_stands(source, data, chain) for chain in chains)
    if legs and source.root == 0:
        raise no_root(len(chains))
    if legs:
        raise refusal(
            f"the root is fixed to the world and {len(chains)} chains of as many joints hang on it "
            f"({names}): for a legged robot give the root body a <freejoint/>, or say --floating"
        )
    raise refusal(
        f"{len(chains)} chains have as many joints ({names}): say with --tool which of them, by a "
        "site or a body"
    )


def _stands(source: Source, data: mujoco.MjData, chain: tuple[int, ...]) -> bool:
    """Whether the end of a chain is on the floor, or below it."""
    return any(
        lowest(source.model, data, geom) < NEAR_FLOOR
        for geom in solid(source)
        if tuple(_hinges(source, way_to(source, int(source.model.geom_bodyid[geom])))) == chain
    )


def _hinges(source: Source, way: Sequence[int]) -> list[int]:
    """The hinges of a chain up to the first other joint, such as a finger's slide."""
    hinges = []
    for joint in way:
        if not is_hinge(source.model, joint):
            break
        hinges.append(joint)
    return hinges


def _best_site(source: Source, bodies: Sequence[int]) -> int | None:
    model = source.model
    sites = [site for site in range(model.nsite) if int(model.site_bodyid[site]) in bodies]
    for word in _TOOL_WORDS:
        for site in sites:
            if word in model.site(site).name.lower().split("_") or word == model.site(site).name:
                return site
    return None


def _named(source: Source, data: mujoco.MjData, name: str) -> _Tool:
    model = source.model
    for site in range(model.nsite):
        if model.site(site).name == name and int(model.site_bodyid[site]) in source.bodies:
            return _site(source, data, site)
    for body in source.bodies:
        if model.body(body).name == name:
            return _far_end(source, data, [body], body)
    raise refusal(f"the robot has no site and no body named {name}: name another with --tool")


def _site(source: Source, data: mujoco.MjData, site: int) -> _Tool:
    name, turn = source.model.site(site).name, np.zeros(4)
    mujoco.mju_mat2Quat(turn, data.site_xmat[site])
    point = data.site_xpos[site].copy()
    words, name = f"the site {name}", identifier(name, "tool")
    return _Tool(int(source.model.site_bodyid[site]), point, turn, name, words)


def _far_end(source: Source, data: mujoco.MjData, bodies: Sequence[int], body: int) -> _Tool:
    """The point of some bodies' shapes farthest from the last joint, which points there."""
    joints = way_to(source, body)
    anchor = data.xanchor[joints[-1]] if joints else data.xpos[body]
    best: Doubles = data.xpos[body].copy()
    farthest = -1.0
    for geom in solid(source):
        if int(source.model.geom_bodyid[geom]) not in bodies:
            continue
        away = data.geom_xpos[geom] - anchor
        far = float(np.linalg.norm(away))
        if far > farthest:
            turn = data.geom_xmat[geom].reshape(3, 3)
            way = away / far if far > 0.0 else turn[:, 2]
            best = data.geom_xpos[geom] + way * reach(source.model, geom, turn.T @ way)
            farthest = far
    pointing = np.array([1.0, 0.0, 0.0, 0.0])
    if np.linalg.norm(best - anchor) > 0.0:
        mujoco.mju_quatZ2Vec(pointing, unit(best - anchor))
    return _Tool(body, best, pointing, "tool", f"the end of {_body(source, body)}")


def _reach(data: mujoco.MjData, hinges: Sequence[int], tool: Doubles) -> float:
    """How far the stretched arm reaches from its second joint to its wrist, m; to the tool, if it
    has no wrist."""
    wrist = len(hinges) - _WRIST if len(hinges) > _WRIST + 1 else len(hinges)
    points = [data.xanchor[joint] for joint in hinges[1 : wrist + 1]]
    points = [*points, tool] if wrist == len(hinges) else points
    return float(sum(np.linalg.norm(b - a) for a, b in pairwise(points)))


def _body(source: Source, body: int) -> str:
    return identifier(str(source.model.body(body).name) or f"body_{body}")
