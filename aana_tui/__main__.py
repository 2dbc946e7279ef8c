"""``python -m aana_tui``."""

from aana_tui.app import main

main()
