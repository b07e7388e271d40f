"""Real services for tests: started here, stopped here."""
