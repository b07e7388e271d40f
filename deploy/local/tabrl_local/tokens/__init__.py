"""`tabrl token`: who may log in."""
