"""The `aana` command: one file a noun. Modules import only click at their top, so that the command starts fast."""
