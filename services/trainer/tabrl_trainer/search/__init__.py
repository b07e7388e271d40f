"""The search for a command schedule: what the pretrained policy can be told to do for a reward."""
