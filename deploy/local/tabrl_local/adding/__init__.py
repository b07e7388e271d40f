"""`tabrl robots add`: a model becomes a robot."""
