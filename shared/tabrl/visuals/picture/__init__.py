"""A robot's picture for lists of robots: drawn from its meshes or primitives, without OpenGL."""
