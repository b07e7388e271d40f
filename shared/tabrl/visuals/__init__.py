"""Meshes for the page, made at set-up from installed packages; no service imports this."""
