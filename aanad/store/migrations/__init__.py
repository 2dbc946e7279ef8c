"""Alembic's migrations of the daemon's database."""

HEAD = "0002"
"""The newest migration; known here so that an up-to-date database is opened without loading Alembic."""
