"""docs/console.md says what the console does."""

from __future__ import annotations

from tests.tui.screenshots import PAGE, SHOTS, page_with_table


def test_the_table_of_keys_is_the_registrys() -> None:
    """`python -m tests.tui.screenshots --write` makes it anew."""
    page = PAGE.read_text(encoding="utf-8")

    assert page == page_with_table(page)
    assert "`project.stop`" in page


def test_every_picture_is_there() -> None:
    """And none that the script does not make."""
    pictures = {path.name for path in (PAGE.parent / "images").glob("console-*.svg")}

    assert pictures == {f"console-{name}.svg" for name in SHOTS}
    assert all(name in PAGE.read_text(encoding="utf-8") for name in pictures)
