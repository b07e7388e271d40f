"""The CPU simulator: MuJoCo's own batch stepping on all cores."""
