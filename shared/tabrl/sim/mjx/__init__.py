"""The accelerator's simulator: MuJoCo's physics in JAX."""
