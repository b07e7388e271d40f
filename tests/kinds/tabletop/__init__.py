"""Tabletop: hinges on a fixed base, the smallest kind that is not legged.

It floats on nothing, cannot fall or be pushed, and has no gait: what the engine assumes of a robot
beyond its kind shows here.
"""
