"""What holds for a whole run of tests: in which order they come, and how they compile."""
