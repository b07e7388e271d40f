"""The stages of a training job; each takes frozen inputs and returns a frozen result."""
