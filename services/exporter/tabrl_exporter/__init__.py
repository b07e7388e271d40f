"""Models as files that run without TabRL."""
