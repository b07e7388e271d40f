"""What of an arm may touch the table or itself: capsules and spheres, read from its scene."""

from __future__ import annotations

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.rollout import CONTACT_MARGIN
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.chain import Chain, transform_between
from tabrl.embodiments.arm.segments import between_segments

NO_PAIRS_GAP = 10.0  # m, of an arm that cannot touch itself


class Shapes:
    """Lines with a radius, each in the frame of a link of the chain.

    What touches the table are all shapes that the arm moves; the scene's contact pairs say what may
    touch what of itself. The shape that ends at the tool's site may touch the table: it is what an
    arm draws or wipes with. Raises `Invalid` (code `bad_robot`) for other shapes, or no table.
    """

    def __init__(self, model: mujoco.MjModel, chain: Chain, site: str) -> None:
        geoms = [geom for geom in range(model.ngeom) if _touches(model, geom)]
        self.names = tuple(model.geom(geom).name for geom in geoms)
        links = np.array([chain.link(model, int(model.geom_bodyid[geom])) for geom in geoms])
        ends = np.array([_ends(model, chain, *one) for one in zip(geoms, links, strict=True)])
        # All ends at once: coordinates are linear in the frames, of which each end needs but one.
        self._ends = np.zeros((len(chain.bodies) + 1, 4, len(geoms), 2), np.float32)
        for shape, link in enumerate(links):
            self._ends[link, :3, shape] = ends[shape].T
            self._ends[link, 3, shape] = 1.0
        self._radius = np.array([model.geom_size[geom][0] for geom in geoms], np.float32)
        half = 0.5 * np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1)
        _check_table(model)
        # Infinitely thin shapes are infinitely high above the table: they do not count.
        self._above = np.where(links > 0, self._radius, -np.inf).astype(np.float32)
        self._limbs_above = self._above.copy()
        self._limbs_above[_nearest(ends, links, chain.tip[:3, 3])] = -np.inf
        pairs = [(model.pair_geom1[i], model.pair_geom2[i]) for i in range(model.npair)]
        self._pairs = np.array(
            [(geoms.index(int(one)), geoms.index(int(other))) for one, other in pairs], np.intp
        ).reshape(-1, 2)
        one, other = self._pairs.T
        self._near = (  # whose middles are farther apart do not touch
            half[one] + half[other] + self._radius[one] + self._radius[other]
        ).astype(np.float32)

    def ends(self, frames: Float[Array, "*B nl 4 4"], xp: Xp = np) -> Float[Array, "*B 2 K 3"]:
        """Both ends of every shape in the world, m."""
        links, _, shapes, _ = self._ends.shape
        rows = xp.swapaxes(frames[..., :3, :], -3, -2)  # [..., 3, nl, 4]
        rows = rows.reshape(*rows.shape[:-2], links * 4)
        places = rows @ self._ends.swapaxes(2, 3).reshape(links * 4, 2 * shapes)
        return xp.swapaxes(places, -2, -1).reshape(*places.shape[:-2], 2, shapes, 3)

    def table_gap(
        self, ends: Float[Array, "*B 2 K 3"], xp: Xp = np, *, limbs_only: bool = False
    ) -> Float[Array, "*B"]:
        """How far the lowest shape is above the table, m, with or without the tool's tip."""
        lower = xp.minimum(ends[..., 0, :, 2], ends[..., 1, :, 2])
        return (lower - (self._limbs_above if limbs_only else self._above)).min(-1)

    def self_gap(self, ends: Float[Array, "*B 2 K 3"], xp: Xp = np) -> Float[Array, "*B"]:
        """How far the two shapes of a pair are apart at least, m."""
        if not len(self._pairs):
            return xp.full(ends.shape[:-3], NO_PAIRS_GAP, xp.float32)
        one, other = self._pairs.T
        first, second = ends[..., 0, :, :], ends[..., 1, :, :]
        gap = between_segments(
            (first[..., one, :], second[..., one, :]),
            (first[..., other, :], second[..., other, :]), xp,
        )  # fmt: skip
        return (gap - self._radius[one] - self._radius[other]).min(-1)

    def touching(self, frames: Float[Array, "*B nl 4 4"], xp: Xp = np) -> Bool[Array, "*B"]:
        """Which arms touch themselves, or the table with anything but the tool's tip."""
        ends = self.ends(frames, xp)
        on_table = self.table_gap(ends, xp, limbs_only=True) < CONTACT_MARGIN
        if xp is not np or ends.ndim != 4:
            return on_table | (self.self_gap(ends, xp) < CONTACT_MARGIN)
        return on_table | self._touching_itself(ends)

    def _touching_itself(self, ends: Floats) -> Bool[np.ndarray, " B"]:
        """The same of many arms in numpy: most pairs are far apart at a glance."""
        one, other = self._pairs.T
        middle = 0.5 * (ends[:, 0] + ends[:, 1])
        apart = middle[:, one] - middle[:, other]
        reach = self._near + np.float32(CONTACT_MARGIN)
        near = np.einsum("bpi,bpi->bp", apart, apart) < reach * reach
        arm, pair = np.nonzero(near)
        touching = np.zeros(len(ends), np.bool_)
        if len(arm):
            one, other = one[pair], other[pair]
            gap = between_segments(
                (ends[arm, 0, one], ends[arm, 1, one]), (ends[arm, 0, other], ends[arm, 1, other])
            )
            gap -= self._radius[one] + self._radius[other]
            touching[arm[gap < CONTACT_MARGIN]] = True
        return touching


def _touches(model: mujoco.MjModel, geom: int) -> bool:
    """Whether a shape of a body may touch the table or is named in a pair."""
    paired = geom in model.pair_geom1[: model.npair] or geom in model.pair_geom2[: model.npair]
    return bool(model.geom_bodyid[geom]) and bool(model.geom_conaffinity[geom] or paired)


def _ends(model: mujoco.MjModel, chain: Chain, geom: int, link: int) -> np.ndarray:
    """Both ends `[2, 3]` of a shape in the frame of its link."""
    kind, along = model.geom_type[geom], np.zeros(3)
    if kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        length = np.array([0.0, 0.0, model.geom_size[geom][1]])
        mujoco.mju_rotVecQuat(along, length, model.geom_quat[geom])
    elif kind != mujoco.mjtGeom.mjGEOM_SPHERE:
        raise Invalid(
            f"{model.geom(geom).name or 'a shape'}: only capsules and spheres of an arm may touch",
            code="bad_robot",
            hint="give other shapes contype and conaffinity 0, and capsules around them",
        )
    body = int(model.geom_bodyid[geom])
    placed = transform_between(model, chain.carrier(link), body)
    middle = model.geom_pos[geom]
    ends = np.stack([middle + along, middle - along])
    return np.asarray(ends @ placed[:3, :3].T + placed[:3, 3])


def _check_table(model: mujoco.MjModel) -> None:
    """Raises `Invalid` without a plane at z = 0 that shapes may touch."""
    for geom in range(model.ngeom):
        plane = model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_PLANE
        level = abs(model.geom_quat[geom][0]) > 1.0 - 1e-9 and abs(model.geom_pos[geom][2]) < 1e-9
        if plane and level and model.geom_contype[geom]:
            return
    raise Invalid(
        "an arm's scene needs a table",
        code="bad_robot",
        hint="a level plane at z = 0 with contype 1 is one",
    )


def _nearest(ends: np.ndarray, links: np.ndarray, tip: Floats) -> int:
    """The shape of the last link with an end nearest to the tool's site."""
    away = np.linalg.norm(ends - tip, axis=-1).min(-1)
    return int(np.where(links == links.max(), away, np.inf).argmin())
