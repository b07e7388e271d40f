"""Alembic's folder; `tabrl.adapters.sql.migrate` runs it."""
