"""The daemon's only code that touches each outside system; one module a system."""
