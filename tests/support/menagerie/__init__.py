"""What MuJoCo Menagerie says of robots of ours, kept so that tests need no copy of it."""
