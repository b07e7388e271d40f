"""Whether robots keep the beat of a click track that a browser plays."""
