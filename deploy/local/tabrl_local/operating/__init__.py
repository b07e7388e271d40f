"""Commands for whoever runs the installation: doctor, backup and restore."""
