"""Sentences for arms: read with words of their own, asked for as places, angles and paths."""
