"""What users could pick instead, on the same robot and task; runs in an environment of its own.

Nothing here but `environment` is imported by the benchmark: Stable-Baselines3 and Gymnasium are
not among the project's packages.
"""
