"""Jobs, tasks, models and sources in SQLite (WAL) or PostgreSQL."""
