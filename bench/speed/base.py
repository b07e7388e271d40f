"""The base policy that fine-tuning starts from here: the shipped one, or an untrained stand-in."""

from __future__ import annotations

from bench.robot import ROBOT

from tabrl.control.policy import PolicyHeader, dump_policy, load_policy
from tabrl.domain.errors import Invalid, NotFound
from tabrl.robots import scene_sha256
from tabrl.sim.learning.checkpoint import dump_tree, load_tree
from tabrl.sim.learning.networks import policy_weights
from tabrl.sim.learning.ppo import Learner
from tabrl.sim.motion_library import dump_motion_library, load_motion_library, record_motion_library
from tabrl_trainer.finetune import CONFIG
from tabrl_trainer.pretrained import PretrainedPolicy, load_pretrained

SHIPPED, UNTRAINED = "shipped", "untrained"


def find_base() -> tuple[str, PretrainedPolicy]:
    """The shipped base policy if there is one that loads, else a fresh one: speed is the same
    but for falls. Returns which one it is, too."""
    try:
        base = load_pretrained(ROBOT.id)
        load_policy(base.policy)
        load_motion_library(base.library)
        load_tree(base.train_state, Learner(ROBOT, CONFIG).init(0))
    except (NotFound, Invalid):
        return UNTRAINED, untrained_base()
    return SHIPPED, base


def untrained_base() -> PretrainedPolicy:
    """A base policy that was never trained, complete with its library."""
    state = Learner(ROBOT, CONFIG).init(0)
    weights = policy_weights(state.params.policy, state.normalizer)
    header = PolicyHeader(robot=ROBOT.id, scene_sha256=scene_sha256(ROBOT.id))
    library = record_motion_library(ROBOT, weights.act)
    return PretrainedPolicy(
        dump_policy(header, weights), dump_tree(state), dump_motion_library(library)
    )
