"""What an arm needs to be driven: controls and moves for the page."""
