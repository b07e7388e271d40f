"""Stands in for unitree_sdk2py: its interface as far as the adapter uses it, UDP instead of DDS."""
