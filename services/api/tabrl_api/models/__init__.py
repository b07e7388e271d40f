"""Models: the newest parameters of each training."""
