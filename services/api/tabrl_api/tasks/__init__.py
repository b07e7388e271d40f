"""Tasks: from a sentence to candidates, and from a candidate to training."""
