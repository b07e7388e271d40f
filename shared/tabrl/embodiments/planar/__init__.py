"""Planar: limbs on a trunk that moves in one plane only, ahead, up and by its pitch.

The root is two slides and a hinge, as cheetah, hopper and walker of the dm_control suite have it.
"""
