"""How the real robot is reached: the table `[hardware]` of `robot.toml`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.checks import Identifier

AdapterKind = Literal["loopback", "unitree_go1", "unitree_go2", "unitree_g1", "universal_robots"]


class Hardware(BaseModel):
    """What a deploy bundle needs to know beyond the scene.

    `adapter` is one of the bundle's; `loopback` knows simulated robots only. `motors` are the
    joints' names in the order of the maker's motor numbers (empty: that of the joints), of which
    there may be others between: an empty name. `rest` are the joint angles (rad, in the order of
    the joints) of the robot as it lies switched off, where that is known. `note` is for whoever
    wants to run it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapter: AdapterKind = "loopback"
    motors: tuple[Identifier | Literal[""], ...] = ()
    rest: tuple[float, ...] | None = None
    note: str = ""
