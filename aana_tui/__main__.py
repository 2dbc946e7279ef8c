"""``python -m aana_tui``."""

from aana_tui.command import main

main()
