"""Trainers on Modal's GPUs."""
