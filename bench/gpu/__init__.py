"""Speed of the MJX simulator and of learning on it."""
