"""Going on from what an arm was asked for."""
