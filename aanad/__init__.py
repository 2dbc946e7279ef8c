"""Aana: run AI models on GPU boxes. The root package imports nothing, so that every command starts fast."""

__version__ = "0.1.0"
