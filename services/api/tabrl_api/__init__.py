"""The gateway: HTTP, progress streams and the built page."""
