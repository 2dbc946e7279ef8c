"""The daemon's database: tables, migrations and the store that the core asks for."""
