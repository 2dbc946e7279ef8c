"""The brain: decides what must change; touches nothing outside."""
