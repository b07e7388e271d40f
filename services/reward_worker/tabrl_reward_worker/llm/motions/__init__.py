"""Motions as data: how they are asked for, read, and written for."""
