"""From a reward's source to a compiled function: trace, check, export, verify, load."""
