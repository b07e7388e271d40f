"""What a training leaves behind: parameters to play, checkpoints to go on from."""
