"""What is written of a robot: its scene, its manifest, its meshes."""
