"""What travels between the services: task specifications, events, results and wire frames."""
