"""Who asks: log-in, what is whose, and how much anybody may ask for."""
