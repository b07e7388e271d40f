"""What the tiers of a training differ in: how they learn, where they begin, when they end."""
