"""Runs an exported policy on a robot: numpy, the standard library, and the robot's own SDK.

The package is copied into every bundle, so that it knows nothing outside of itself.
"""
