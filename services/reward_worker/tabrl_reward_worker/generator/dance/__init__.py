"""Dances: moves of the robot's kind on one beat."""
