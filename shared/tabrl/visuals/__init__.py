"""Meshes and pictures for the page, made at set-up; no service imports this."""
