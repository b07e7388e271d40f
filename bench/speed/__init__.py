"""How fast TabRL is, as ratios measured in one run: against bare stepping and against peers."""
