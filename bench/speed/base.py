"""The base policy that fine-tuning starts from here: the shipped one, or an untrained stand-in."""

from __future__ import annotations

from bench.speed.walk import ROBOT

from tabrl.control.policy import PolicyHeader, dump_policy, load_policy
from tabrl.domain.errors import Invalid, NotFound
from tabrl.robots import scene_sha256
from tabrl.sim.bank import dump_bank, load_bank, record_bank
from tabrl.sim.checkpoint import dump_tree, load_tree
from tabrl.sim.networks import policy_weights
from tabrl.sim.ppo import Learner
from tabrl_trainer.base.shipped import ShippedBase, load_shipped
from tabrl_trainer.finetune import CONFIG

SHIPPED, UNTRAINED = "shipped", "untrained"


def find_base() -> tuple[str, ShippedBase]:
    """The shipped base policy if there is one that loads, else a fresh one: speed is the same
    but for falls. Returns which one it is, too."""
    try:
        base = load_shipped(ROBOT.id)
        load_policy(base.policy)
        load_bank(base.bank)
        load_tree(base.train_state, Learner(ROBOT, CONFIG).init(0))
    except (NotFound, Invalid):
        return UNTRAINED, untrained_base()
    return SHIPPED, base


def untrained_base() -> ShippedBase:
    """A base policy that was never trained, complete with its bank."""
    state = Learner(ROBOT, CONFIG).init(0)
    weights = policy_weights(state.params.policy, state.normalizer)
    header = PolicyHeader(robot=ROBOT.id, scene_sha256=scene_sha256(ROBOT.id))
    bank = record_bank(ROBOT, weights.act)
    return ShippedBase(dump_policy(header, weights), dump_tree(state), dump_bank(bank))
