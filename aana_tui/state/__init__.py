"""What the console knows of its daemon: plain objects, no widgets."""
