"""TabRL's tasks as environments of MuJoCo Playground, and its trainer on them.

Playground (https://playground.mujoco.org, Apache-2.0) is optional; what it can fetch from elsewhere
is never asked for.
"""
