"""What users could pick instead, on the same robot; runs in an environment of its own.

Learners learn our task, EnvPool steps its own. Nothing here but `environment` is imported by the
benchmark: Stable-Baselines3, Gymnasium and EnvPool are not among the project's packages.
"""
