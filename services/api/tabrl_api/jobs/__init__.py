"""Jobs: where work stands, its events, and how to stop it."""
