"""The format `deploy`: a folder that runs a policy on a robot's computer, or one wired to it."""
