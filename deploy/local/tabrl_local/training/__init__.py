"""Commands around a training: what it will take, and going on from its result."""
