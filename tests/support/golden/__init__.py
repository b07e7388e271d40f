"""What inference answers to states of real rollouts."""
