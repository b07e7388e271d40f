"""An arm: the longest chain of hinges from a fixed base, and the tool at its end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import mujoco
import numpy as np

from tabrl.robot_import.limbs.found import FoundLimb, Survey, hinges_only, way_to
from tabrl.robot_import.limbs.legs import MIN_LEGS
from tabrl.robot_import.model.extent import reach, solid
from tabrl.robot_import.model.home import NEAR_FLOOR, Home
from tabrl.robot_import.model.source import Doubles, Source, is_hinge, no_root
from tabrl.robot_import.names import identifier
from tabrl.robot_import.refusal import refusal

KIND = "arm"
# What people call the site at the tool, the first that a model has.
_TOOL_WORDS = ("tcp", "tool", "grasp", "pinch", "attachment", "ee", "eef", "end_effector")
_MIN_JOINTS = 2


def survey_tool(source: Source, home: Home, tool: str | None = None) -> Survey:
    """The chain to the tool of a robot on a fixed base.

    Args:
        source: the model.
        home: its pose.
        tool: a site, or a body; else what is at the end of the longest chain.

    Raises:
        Invalid: there is no such tool, no chain, or several as long.
    """
    data = source.posed(home.qpos)
    body, point, words = _tool(source, data, tool) if tool else _found(source, data)
    way = way_to(source, body)
    hinges = _hinges(source, way) if tool is None else way
    hinges_only(source, hinges)
    if len(hinges) < _MIN_JOINTS:
        raise refusal(
            f"only {len(hinges)} joints move {words}: name the tool of a longer chain with --tool"
        )
    limb = FoundLimb(
        name=KIND,
        place=(),
        joints=tuple(hinges),
        signs=(1.0,) * len(hinges),
        body=body,
        point=point,
        radius=0.0,
        end=words,
    )
    return Survey(KIND, (limb,), _reach(data, hinges, point))


def _found(source: Source, data: mujoco.MjData) -> tuple[int, Doubles, str]:
    """The tool at the end of the longest chain of hinges."""
    ends = {body: _hinges(source, way_to(source, body)) for body in source.bodies}
    most = max(len(hinges) for hinges in ends.values())
    chains = {tuple(hinges) for hinges in ends.values() if len(hinges) == most}
    if len(chains) > 1:
        _refuse_several(source, data, chains)
    bodies = [body for body, hinges in ends.items() if len(hinges) == most]
    site = _best_site(source, bodies)
    if site is not None:
        return _site(source, data, site)
    body = bodies[-1] if most == 0 else int(source.model.jnt_bodyid[ends[bodies[0]][-1]])
    return body, _far_end(source, data, bodies, body), f"the end of {_body(source, body)}"


def _refuse_several(source: Source, data: mujoco.MjData, chains: set[tuple[int, ...]]) -> None:
    names = ", ".join(sorted(_body(source, int(source.model.jnt_bodyid[c[-1]])) for c in chains))
    floor = min((float(data.geom_xpos[g][2]) for g in solid(source)), default=0.0)
    legs = (len(chains) >= MIN_LEGS and floor < NEAR_FLOOR) or len(chains) > MIN_LEGS
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


def _tool(source: Source, data: mujoco.MjData, name: str) -> tuple[int, Doubles, str]:
    model = source.model
    for site in range(model.nsite):
        if model.site(site).name == name and int(model.site_bodyid[site]) in source.bodies:
            return _site(source, data, site)
    for body in source.bodies:
        if model.body(body).name == name:
            return body, _far_end(source, data, [body], body), f"the end of {name}"
    raise refusal(f"the robot has no site and no body named {name}: name another with --tool")


def _site(source: Source, data: mujoco.MjData, site: int) -> tuple[int, Doubles, str]:
    name = source.model.site(site).name
    return int(source.model.site_bodyid[site]), data.site_xpos[site].copy(), f"the site {name}"


def _far_end(source: Source, data: mujoco.MjData, bodies: Sequence[int], body: int) -> Doubles:
    """The point of some bodies' shapes farthest from the last joint."""
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
    return best


def _reach(data: mujoco.MjData, hinges: Sequence[int], tool: Doubles) -> float:
    """How far the stretched arm reaches from its second joint, m."""
    points = [*(data.xanchor[joint] for joint in hinges[1:]), tool]
    return float(sum(np.linalg.norm(b - a) for a, b in pairwise(points)))


def _body(source: Source, body: int) -> str:
    return identifier(str(source.model.body(body).name) or f"body_{body}")
