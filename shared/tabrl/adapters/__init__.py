"""Implementations of the ports. Importing one opens no connection."""
