"""The mechanism that compares a page's outputs with a run: it must see what matters, and only that."""

from __future__ import annotations

import pytest

from tests.e2e.page_outputs import Shown, files, normalised, rewritten

PAGE = """# A page

```sh
aana ps
```

```text
NAME  READY
a     1/1
```

Words.

```sh
aana stop a
```

```python
# a/app.py
print()
```
"""


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        ("2026-01-02T03:04:05.123Z a", "2027-11-12T13:14:15Z a"),
        ("rss 3 MiB for 5s", "rss 1.2 GiB  for 12m"),
        ("p95 3.2 ms", "p95 1.2 s"),
        ("model#abcd1234 pid 4", "model#zyxw9876 pid 12345"),
        ("revision 0123456789ab", "revision fedcba987654"),
    ],
)
def test_what_differs_from_run_to_run_is_no_difference(page: str, printed: str) -> None:
    """Times, ids, sizes, numbers, and how wide columns are."""
    assert Shown("x", page, printed).is_as_shown


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        ("a running\n", "a failed\n"),
        ("a\n", "a\nb\n"),
        ("a ready\n", "a - ready\n"),
        ("error: no\n", "error: not\n"),
        ("rss 3 MiB", "rss -"),
    ],
)
def test_words_and_lines_are(page: str, printed: str) -> None:
    """A page that says something else is out of date."""
    assert not Shown("x", page, printed).is_as_shown


def test_a_page_is_written_anew_as_a_whole_where_it_is_out_of_date() -> None:
    """What it shows is of one run; one that is up to date stays as it is."""
    page = PAGE.replace("aana stop a\n```\n", "aana stop a\n```\n\n```text\na is stopped\n```\n")
    listed, stopped = "NAME  READY\na     1/1\n", "a is stopped\n"
    same = [Shown("aana ps\n", listed, "NAME  READY\na     7/7\n"), Shown("aana stop a\n", stopped, stopped)]
    assert rewritten(page, same) == page

    changed = [same[0], Shown("aana stop a\n", stopped, "done\n")]
    assert rewritten(page, changed) == page.replace("1/1", "7/7").replace(stopped, "done\n")


def test_files_are_those_that_name_themselves() -> None:
    """By the path in the first line."""
    assert files(PAGE) == [("a/app.py", "# a/app.py\nprint()\n")]


def test_blanks_are_one() -> None:
    """Columns are as wide as their widest cell."""
    assert normalised("a   b\tc  \n") == ["a b c"]
