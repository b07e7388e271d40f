"""Robots: what can be trained, and the scenes it is trained in."""
