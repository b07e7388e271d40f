"""Policies behind a WebSocket: simulators send states, the service answers with actions."""
