"""Legged robots: n legs on a floating trunk.

Lengths are measured in standing heights and speeds in sqrt(gravity · standing height): the ranges
of commands, written once, fit a robot of any size.
"""
