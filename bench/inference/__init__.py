"""How many simulators an inference process serves, and how fast."""
