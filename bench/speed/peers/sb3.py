"""Stable-Baselines3 PPO on the task: `python -m bench.speed.peers.sb3 --help`."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found]
from bench.speed.peers.gym_env import WalkEnv
from bench.speed.race import Race
from stable_baselines3 import PPO  # type: ignore[import-not-found]
from stable_baselines3.common.callbacks import BaseCallback  # type: ignore[import-not-found]
from stable_baselines3.common.vec_env import (  # type: ignore[import-not-found]
    DummyVecEnv,
    SubprocVecEnv,
    VecEnv,
)


class _RaceCallback(BaseCallback):  # type: ignore[misc]
    """Records every finished rollout and update in the race, and stops when it is over."""

    def __init__(self, race: Race) -> None:
        super().__init__()
        self._race, self._recorded, self._continue = race, 0, True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps > self._recorded:
            self._recorded = self.num_timesteps
            self._continue = self._race.record_update(self._recorded, self._act)

    def _on_step(self) -> bool:
        return self._continue

    def _act(self, observation: Any) -> Any:
        return self.model.predict(observation, deterministic=True)[0]


def make_envs(kind: str, count: int) -> VecEnv:
    """`dummy`: one after the other in this process; `subproc`: each in a process of its own."""
    makers = [WalkEnv] * count
    if kind == "dummy":
        return DummyVecEnv(makers)
    # Forked, the processes share what is loaded: hundreds of them fit into carry.
    return SubprocVecEnv(makers, start_method="fork")


def make_learner(setting: str, envs: VecEnv) -> PPO:
    """`defaults`, or `ours`: our batch, epochs, networks and constants."""
    if setting == "defaults":
        return PPO("MlpPolicy", envs, device="cpu", seed=0)
    unroll = 8192 // envs.num_envs
    return PPO(
        "MlpPolicy", envs, device="cpu", seed=0, n_steps=unroll, batch_size=8192 // 4, n_epochs=4,
        gamma=0.985, gae_lambda=0.95, clip_range=0.2, ent_coef=0.005, max_grad_norm=1.0,
        learning_rate=1e-3, target_kl=0.03,
        policy_kwargs={
            "net_arch": [256, 128],
            "activation_fn": torch.nn.SiLU,
            "log_std_init": math.log(0.6),
        },
    )  # fmt: skip


def main() -> None:
    """Entry point: writes the race's result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setting", choices=("defaults", "ours"), required=True)
    parser.add_argument("--envs", type=int, default=8)
    parser.add_argument("--kind", choices=("dummy", "subproc"), required=True)
    parser.add_argument("--cap-s", type=float, required=True, help="0: one block, speed only")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    probing = options.cap_s == 0.0
    torch.manual_seed(0)
    np.random.seed(0)
    # The evaluator's threads must not exist yet when environments are forked.
    envs = make_envs(options.kind, options.envs)
    # Built before the clock runs: PyTorch imports its compiler only now.
    learner = make_learner(options.setting, envs)
    race = Race(
        f"Stable-Baselines3 PPO, {options.setting}",
        f"{options.envs} environments, {options.kind}",
        cap_s=options.cap_s,
        eval_interval_s=0.0 if probing else 6.0,
        result_path=options.out,
    )
    learner.learn(10**9, callback=_RaceCallback(race))
    envs.close()


if __name__ == "__main__":
    main()
