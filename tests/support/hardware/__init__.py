"""Deploy bundles tried against simulated robots."""
