"""What opens above a view and closes again: one file each, imported when it is first opened."""
