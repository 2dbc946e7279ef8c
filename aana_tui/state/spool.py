"""An answer's very bytes, on disk while it arrives: only this user reads them, and nothing of them stays behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aanad.errors import AanaError, Failed

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

COPY_BYTES = 1 << 20


class Spool:
    """One file in a private folder of its own.

    Raises:
        Failed: ``spool_unwritable``.
    """

    def __init__(self) -> None:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="aana-answer-"))  # 0700
            self.path = self._folder / "answer"
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb")
        except OSError as error:
            raise _unwritable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Keep what has arrived.

        Raises:
            Failed: ``spool_unwritable``: a full disk, say.
        """
        try:
            self._file.write(chunk)
            self._file.flush()
        except OSError as error:
            raise _unwritable(error) from error

    def save(self, target: Path) -> int:
        """Copy what there is to a file of the user's, which appears whole or not at all; its bytes are the result.

        Raises:
            AanaError: ``file_unwritable``.
        """
        target = target.expanduser()
        try:
            descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            partial = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as copy, self.path.open("rb") as source:
                    shutil.copyfileobj(source, copy, COPY_BYTES)
                    size = copy.tell()
                partial.chmod(0o666 & ~_umask())
                partial.replace(target)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise AanaError(
                f"{target} cannot be written: {error.strerror or error}.",
                hint="Name another file: `:w FILE`.",
                code="file_unwritable",
            ) from error
        return size

    def remove(self) -> None:
        """Forget the bytes."""
        self._file.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _umask() -> int:
    # There is no way to read it without setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _unwritable(error: OSError) -> Failed:
    return Failed(
        f"The answer cannot be kept: {error.strerror or error}.",
        hint="Make room where temporary files go (TMPDIR), or let that be another folder.",
        code="spool_unwritable",
    )
