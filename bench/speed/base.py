"""The pretrained policy that fine-tuning starts from: the shipped one, or a stand-in."""

from __future__ import annotations

from bench.robot import ROBOT, legged_robot

from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import PolicyHeader, dump_policy
from tabrl.domain.errors import Invalid, NotFound
from tabrl.embodiments.load import load_policy
from tabrl.robots import scene_sha256
from tabrl.sim.learning.checkpoint import dump_tree, load_tree
from tabrl.sim.learning.networks import policy_weights
from tabrl.sim.learning.ppo import Learner
from tabrl.sim.motion_library import dump_motion_library, load_motion_library, record_motion_library
from tabrl_trainer.pretrained import PretrainedPolicy, load_pretrained
from tabrl_trainer.sizes import CPU

SHIPPED, UNTRAINED = "shipped", "untrained"


def find_base() -> tuple[str, PretrainedPolicy]:
    """The shipped pretrained policy if there is one that loads, else a fresh one: speed is the same
    but for falls. Returns which one it is, too."""
    try:
        base = load_pretrained(ROBOT.id)
        load_policy(base.policy)
        load_motion_library(base.library)
        load_tree(base.train_state, Learner(ROBOT, CPU.fine_tuning.config).init(0))
    except (NotFound, Invalid):
        return UNTRAINED, untrained_base()
    return SHIPPED, base


def untrained_base() -> PretrainedPolicy:
    """A pretrained policy that was never trained, complete with its library."""
    state = Learner(ROBOT, CPU.fine_tuning.config).init(0)
    weights = policy_weights(state.params.policy, state.normalizer)
    neutral = CommandSchedule.neutral(legged_robot().commands)
    header = PolicyHeader(
        robot=ROBOT.id, scene_sha256=scene_sha256(ROBOT.id), program=ScheduleDocument.of(neutral)
    )
    library = record_motion_library(ROBOT, weights.act)
    return PretrainedPolicy(
        dump_policy(header, weights), dump_tree(state), dump_motion_library(library)
    )
