"""What learns: networks, PPO and its checkpoints."""
