"""A simulated robot that speaks as the real one does, to rehearse with; needs `mujoco`."""
