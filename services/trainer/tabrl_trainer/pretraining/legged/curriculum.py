"""What legged robots are trained on, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from tabrl_trainer.pretraining.legged.commands import CommandMix
from tabrl_trainer.pretraining.legged.reward import RewardWeights
from tabrl_trainer.pretraining.pretraining import CurriculumStage


@dataclass(frozen=True, kw_only=True)
class LeggedStage(CurriculumStage):
    """A stage of a legged robot; with `start_reared`, half of the rearing ones begin reared.

    One that `teaches` the use of a single channel is left out for robots without it.
    """

    weights: RewardWeights = field(default_factory=RewardWeights)
    mix: CommandMix = field(default_factory=CommandMix)
    start_reared: bool = False
    teaches: str = ""


# Hardly any exploring: what is known is done better.
_QUIET = partial(
    LeggedStage, entropy=0.0, min_rate=3e-5, max_rate=2e-4, target_kl=0.01, start_reared=True
)
# Noise and rate have floors until the last stage: left alone, exploration shrinks to 0.15 within
# twenty million samples and the KL-steered rate with it, and what is rare is never learnt.
CURRICULUM = (
    # Walking first: with everything at once the robot never leaves the spot.
    LeggedStage(
        name="walk",
        samples=4_000_000,
        weights=RewardWeights(velocity=2.5, yaw=1.5, orientation=0.6, height=0.4),
        mix=CommandMix(
            velocity=0.7,
            posture=0.3,
            standing_share=0.1,
            marching_share=0.05,
            lifting_share=0.05,
            hopping_share=0.1,
            rearing_share=0.0,
            modulated_share=0.2,
            own_gait_share=0.4,
        ),
        entropy=0.005,
        min_rate=2e-4,
        target_kl=0.015,
        min_action_std=0.35,
    ),
    # Some of the rearing robots begin reared: otherwise none ever gets there.
    LeggedStage(
        name="behaviours",
        samples=18_000_000,
        weights=RewardWeights(schedule=1.7, feet=2.0, clearance=200.0),
        mix=CommandMix(rearing_share=0.12),
        randomise=1.0,
        entropy=0.004,
        min_rate=2e-4,
        target_kl=0.02,
        start_reared=True,
        min_action_std=0.35,
    ),
    # What is seldom asked for and hard: paces, bounds, high knees, rearing.
    LeggedStage(
        name="skills",
        samples=20_000_000,
        weights=RewardWeights(velocity=2.2, schedule=2.5, feet=2.0, clearance=350.0),
        mix=CommandMix(
            standing_share=0.11,
            marching_share=0.13,
            lifting_share=0.08,
            hopping_share=0.09,
            rearing_share=0.16,
            own_gait_share=0.7,
        ),
        randomise=1.0,
        push_speed=0.3,
        entropy=0.004,
        min_rate=2e-4,
        target_kl=0.02,
        start_reared=True,
        min_action_std=0.3,
    ),
    LeggedStage(
        name="robust",
        samples=18_000_000,
        weights=RewardWeights(schedule=2.2, feet=2.0, height=1.6, clearance=350.0, fall=20.0),
        mix=CommandMix(marching_share=0.10, rearing_share=0.12, own_gait_share=0.6),
        randomise=1.0,
        push_speed=0.5,
        entropy=0.001,
        min_rate=1e-4,
        max_rate=5e-4,
        target_kl=0.015,
        start_reared=True,
        min_action_std=0.25,
    ),
    _QUIET(
        name="polish",
        samples=16_000_000,
        weights=RewardWeights(schedule=2.0, feet=2.0, height=1.8, clearance=350.0, fall=20.0),
        mix=CommandMix(marching_share=0.10, rearing_share=0.10, own_gait_share=0.6),
        randomise=1.0,
        push_speed=0.5,
    ),
    # On its hind legs a robot with soft motors falls: learnt where most are as the scene says.
    LeggedStage(
        name="rearing",
        samples=10_000_000,
        weights=RewardWeights(schedule=2.0, feet=2.0, height=1.8, clearance=350.0, overload=1.0),
        mix=CommandMix(
            standing_share=0.12,
            marching_share=0.06,
            lifting_share=0.07,
            hopping_share=0.07,
            rearing_share=0.45,
            own_gait_share=0.6,
        ),
        randomise=0.3,
        push_speed=0.2,
        entropy=0.002,
        min_rate=2e-4,
        target_kl=0.02,
        start_reared=True,
        teaches="rear",
        min_action_std=0.3,
    ),
    # Half of the robots are as the scene says: what all of them can do is done exactly by these.
    _QUIET(
        name="finish",
        samples=12_000_000,
        weights=RewardWeights(
            schedule=2.0, feet=2.0, height=2.4, clearance=350.0, fall=20.0, power=1e-3, overload=2.0
        ),
        mix=CommandMix(marching_share=0.10, rearing_share=0.12, own_gait_share=0.6),
        randomise=0.5,
        push_speed=0.5,
    ),
    # What was left: bounds that fall, and a body that leans to a side on its hind legs.
    _QUIET(
        name="even",
        samples=10_000_000,
        weights=RewardWeights(
            schedule=2.0, feet=2.0, height=2.4, clearance=350.0, fall=40.0, power=1e-3,
            overload=2.0, even=4.0,
        ),
        mix=CommandMix(marching_share=0.08, rearing_share=0.16, own_gait_share=0.75),
        randomise=0.4,
        push_speed=0.5,
    ),
    # A heavy robot that had not learnt to turn by here: turning pays twice, and is tried again.
    LeggedStage(
        name="turning",
        samples=10_000_000,
        weights=RewardWeights(
            yaw=3.0, schedule=2.0, feet=2.0, height=2.0, clearance=350.0, fall=20.0, overload=1.0
        ),
        mix=CommandMix(
            standing_share=0.14,
            marching_share=0.06,
            lifting_share=0.07,
            hopping_share=0.08,
            rearing_share=0.1,
            own_gait_share=0.5,
        ),
        randomise=0.4,
        push_speed=0.3,
        entropy=0.003,
        min_rate=2e-4,
        target_kl=0.02,
        start_reared=True,
        min_action_std=0.3,
    ),
    _QUIET(
        name="settle",
        samples=8_000_000,
        weights=RewardWeights(
            yaw=2.0, schedule=2.2, feet=2.0, height=2.4, clearance=350.0, fall=40.0, power=1e-3,
            overload=3.0, even=4.0,
        ),
        mix=CommandMix(marching_share=0.1, rearing_share=0.14, own_gait_share=0.7),
        randomise=0.4,
        push_speed=0.5,
    ),
    # The heavy robot's last faults: crooked standing, pushes, low swings, motors past their line.
    _QUIET(
        name="stance",
        samples=8_000_000,
        weights=RewardWeights(
            yaw=1.6, schedule=2.5, feet=2.0, height=2.4, clearance=450.0, fall=40.0, power=1e-3,
            overload=6.0, even=6.0,
        ),
        mix=CommandMix(
            standing_share=0.24, marching_share=0.14, rearing_share=0.1, own_gait_share=0.75
        ),
        randomise=0.4,
        push_speed=0.6,
    ),
)  # fmt: skip
