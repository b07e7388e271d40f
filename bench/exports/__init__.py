"""How near exported controllers are to the one that is served, in many states of every robot."""
