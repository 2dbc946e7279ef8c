"""What the core may rely on of the place where secrets are kept."""

from __future__ import annotations

from abc import abstractmethod

import pytest

from aanad.core.ports import Secrets
from aanad.errors import ClusterUnavailable, InvalidInput
from aanad.wire.secrets import MAX_SECRET_BYTES, MAX_SECRETS_BYTES


class SecretsContract:
    """Give a fixture `secrets`, empty, and inherit."""

    @abstractmethod
    def take_token(self, secrets: Secrets) -> None:
        """From now on the cluster has no token."""

    async def test_what_was_set_is_there(self, secrets: Secrets) -> None:
        """Names sorted, values as given, each project its own."""
        assert await secrets.set("asr", "HF_TOKEN", "hf_ü\n1")
        assert await secrets.set("asr", "API_KEY", "")
        assert await secrets.set("tts", "HF_TOKEN", "other")

        assert await secrets.names("asr") == ["API_KEY", "HF_TOKEN"]
        assert await secrets.values("asr") == {"HF_TOKEN": "hf_ü\n1", "API_KEY": ""}
        assert await secrets.values("tts") == {"HF_TOKEN": "other"}
        assert (await secrets.names("none"), await secrets.values("none")) == ([], {})

    async def test_the_same_value_again_is_no_change(self, secrets: Secrets) -> None:
        """So that nothing restarts for it."""
        assert await secrets.set("asr", "HF_TOKEN", "one")
        assert not await secrets.set("asr", "HF_TOKEN", "one")
        assert await secrets.set("asr", "HF_TOKEN", "two")

    async def test_what_was_removed_is_gone(self, secrets: Secrets) -> None:
        """One, or all; what was not there is said."""
        await secrets.set("asr", "HF_TOKEN", "one")
        await secrets.set("asr", "API_KEY", "two")

        assert not await secrets.remove("asr", "OTHER")
        assert await secrets.remove("asr", "HF_TOKEN")
        assert await secrets.names("asr") == ["API_KEY"]
        assert await secrets.remove("asr", "API_KEY")
        await secrets.set("asr", "HF_TOKEN", "three")
        await secrets.remove_all("asr")
        await secrets.remove_all("none")
        assert await secrets.values("asr") == {}

    async def test_given_values_cannot_be_changed_from_outside(self, secrets: Secrets) -> None:
        """What is handed out is a copy."""
        await secrets.set("asr", "HF_TOKEN", "one")

        (await secrets.values("asr"))["HF_TOKEN"] = "two"

        assert await secrets.values("asr") == {"HF_TOKEN": "one"}

    async def test_what_no_environment_holds_is_refused(self, secrets: Secrets) -> None:
        """A value too large, too much in all, and a NUL; what was there stays."""
        await secrets.set("asr", "FIRST", "x" * MAX_SECRET_BYTES)
        for name, value, code in (
            ("LARGE", "x" * (MAX_SECRET_BYTES + 1), "secret_too_large"),
            ("SECOND", "ü" * (MAX_SECRETS_BYTES - MAX_SECRET_BYTES), "secret_too_large"),
            ("SECOND", "x" * (MAX_SECRETS_BYTES - MAX_SECRET_BYTES - 5), "secret_too_large"),
            ("NUL", "a\0b", "invalid_secret"),
            ("HALF", "\ud800", "invalid_secret"),
        ):
            with pytest.raises(InvalidInput) as caught:
                await secrets.set("asr", name, value)
            assert caught.value.code == code
            assert caught.value.hint
            assert value[:20] not in caught.value.message

        assert await secrets.names("asr") == ["FIRST"]

    async def test_sealing_is_stable(self, secrets: Secrets) -> None:
        """The same secrets give the same text, in whatever order they came; other ones, or another project, do not."""
        await secrets.set("asr", "A", "1")
        await secrets.set("asr", "B", "2")
        await secrets.set("tts", "B", "2")
        await secrets.set("tts", "A", "1")
        first = secrets.sealed("asr")

        assert first == secrets.sealed("asr")
        assert first != secrets.sealed("tts")
        await secrets.set("asr", "A", "3")
        assert first != secrets.sealed("asr")
        await secrets.set("asr", "A", "1")
        assert first == secrets.sealed("asr")
        await secrets.remove_all("asr")
        assert secrets.sealed("asr") is None

    async def test_without_a_token_nothing_can_be_sealed(self, secrets: Secrets) -> None:
        """The cluster is not there yet; no secrets need no token."""
        await secrets.set("asr", "A", "1")
        self.take_token(secrets)

        assert secrets.sealed("none") is None
        with pytest.raises(ClusterUnavailable):
            secrets.sealed("asr")
