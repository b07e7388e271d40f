"""What a search finds, in pairs: as a job runs it, and wholly on the physics that are learnt on.

`python -m bench.search [--tasks NAME …] [--seeds 0 1 2]`. Both searches of a pair have the seed and
the reward in common; what they find is measured over the same 64 episodes of 10 s.
"""
