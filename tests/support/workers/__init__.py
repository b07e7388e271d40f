"""Workers that tests run."""
