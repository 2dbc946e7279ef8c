"""Fakes of the core's ports; each passes the same contract tests as the real adapter."""
