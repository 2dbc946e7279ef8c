"""The console's own widgets, which write as few bytes as they can."""
