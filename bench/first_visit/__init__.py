"""How long a first visitor waits for a robot that moves."""
