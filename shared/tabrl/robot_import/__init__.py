"""Any MJCF becomes a robot: read it, find its limbs, try its home pose, write its folder.

What is written is a model of its own, made from the compiled one: joints that the robot's kind has
no use for are held, shapes are simple, everything is in one file.
"""
