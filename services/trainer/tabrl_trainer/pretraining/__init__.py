"""Base policies: one command-conditioned policy per robot, from which every task is fine-tuned."""
