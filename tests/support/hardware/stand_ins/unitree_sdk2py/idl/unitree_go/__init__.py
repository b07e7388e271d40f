"""See unitree_sdk2py."""
