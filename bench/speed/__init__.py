"""How fast TabRL is, as ratios measured in one run: against bare stepping and against peers.

`python -m bench.speed [PART ...]` (or `make bench-speed BENCH_ARGS="..."`); every part stores its
JSON in `var/bench/speed`, and the report is made of whatever lies there.

- `rollout`: the rollout phase and bare `mujoco.batch` stepping of the same motion, interleaved.
- `job`: search and PPO with a stopwatch around physics, policy, observation, reward, update.
- `first-update`: from the artifact to the first update, warm and in a process just begun, with
  everything counted that JAX compiles.
- `ours`, `sb3`, `brax`: one task from scratch, on the same model, observation, reward, starts, ends
  and control step. Each learner's own seconds count, with its compilation and without; all policies
  pass the same evaluations, on C MuJoCo, which cost nobody time. Peers get what their users would
  write: a lean environment for Stable-Baselines3 (the faster of its two kinds), a vmapped one for
  Brax.
- `envpool`: EnvPool's own Go1 joystick task, stepped natively in batches of the sizes of `rollout`,
  to set both beside each other in control steps and in physics steps.
"""
