"""What a cell's database and Redis bear."""
