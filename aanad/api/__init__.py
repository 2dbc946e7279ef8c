"""The control API: thin, one router a resource; what it says is decided in the core."""
