"""What a legged robot needs to be driven: controls and moves for the page, clocks for inference."""
