"""What somebody at the wheel, or the music, asks of a policy while it plays."""
