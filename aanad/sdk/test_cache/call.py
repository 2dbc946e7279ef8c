"""One call of a cached method: replayed, or made and recorded."""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import aclosing, closing, contextmanager
from typing import TYPE_CHECKING, Any

from aanad.errors import Failed
from aanad.sdk.test_cache import recording
from aanad.sdk.test_cache.decoding import Decoder
from aanad.sdk.test_cache.encoding import ResultEncoder
from aanad.sdk.test_cache.key import key_of
from aanad.sdk.test_cache.known_types import KnownTypes
from aanad.sdk.test_cache.misses import ended_early, miss
from aanad.sdk.test_cache.mode import USE_VARIABLE, Mode, cache_folder
from aanad.sdk.test_cache.postponing import load, postponed
from aanad.sdk.test_cache.problems import NotRecordable, RecordingInvalid, RecordingMissing
from aanad.sdk.test_cache.recorded_errors import decode_error, encode_error

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator
    from pathlib import Path

logger = logging.getLogger("aanad.sdk")
_written: set[Path] = set()
"""What this process recorded. A call that is made again is replayed from it: were it recorded anew, what was recorded
after the first time, and depends on it, would not fit any more where a model samples."""


class CachedCall:
    """A call, bound to its arguments; what is recorded is written down as it comes, before anybody can change it."""

    def __init__(
        self, function: Callable[..., Any], deployment: Any, args: tuple[Any, ...], kwargs: dict[str, Any], mode: Mode
    ) -> None:
        self._call: Callable[[], Any] = lambda: function(deployment, *args, **kwargs)
        self._name = function.__qualname__
        self._deployment = deployment
        self._mode = mode
        self._streams = inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function)
        if mode is Mode.OFF:
            return
        self._key = key_of(function, deployment, args, kwargs)
        self._stem = self._key.stem
        self._folder = cache_folder() / self._key.deployment
        self._path = self._folder / f"{self._stem}{recording.ENDING}"
        self._types = KnownTypes(function, type(deployment))
        self._encoder = ResultEncoder(self._types, self._stem)
        self._decoder = Decoder(self._types, lambda name: (self._folder / name).read_bytes())
        self._chunks: list[Any] = []

    async def value(self) -> Any:
        """What a coroutine returns or raises."""
        recorded = self._recorded()
        if recorded is not None:
            return self._replayed(recorded)
        await load(self._deployment)
        try:
            result = await self._call()
        except Exception as error:
            self._save_error(error)
            raise
        self._save(result=result)
        return result

    def plain_value(self) -> Any:
        """What a function returns or raises."""
        recorded = self._recorded()
        if recorded is not None:
            return self._replayed(recorded)
        self._require_loaded()
        try:
            result = self._call()
        except Exception as error:
            self._save_error(error)
            raise
        if self._mode.records and (inspect.isawaitable(result) or hasattr(result, "__next__")):
            raise NotRecordable(
                f"{self._name} returns a {type(result).__name__}, which cannot be recorded.",
                hint="Write it as 'async def', or with 'yield'.",
            )
        self._save(result=result)
        return result

    async def stream(self) -> AsyncGenerator[Any, None]:
        """What an async generator yields or raises."""
        recorded = self._recorded()
        if recorded is not None:
            for chunk in self._replayed_chunks(recorded):
                yield chunk
            return
        await load(self._deployment)
        try:
            async with aclosing(self._call()) as items:
                async for item in items:
                    self._note(item)
                    yield item
        except Exception as error:
            self._save_error(error)
            raise
        except (GeneratorExit, asyncio.CancelledError):
            self._save_partial()
            raise
        self._save()

    def plain_stream(self) -> Generator[Any, Any, Any]:
        """What a generator yields or raises."""
        recorded = self._recorded()
        if recorded is not None:
            yield from self._replayed_chunks(recorded)
            return
        self._require_loaded()
        try:
            with closing(self._call()) as items:
                for item in items:
                    self._note(item)
                    yield item
        except Exception as error:
            self._save_error(error)
            raise
        except GeneratorExit:
            self._save_partial()
            raise
        self._save()

    def _require_loaded(self) -> None:
        if postponed(self._deployment) is not None:
            raise Failed(
                f"{self._name} cannot be called: its deployment started with {USE_VARIABLE}=true and has no model.",
                hint="Start the deployment with the variables that the calls are made with.",
                code="model_not_loaded",
            )

    def _recorded(self) -> dict[str, Any] | None:
        """The recording to replay; None where the method is to be called."""
        if self._mode is Mode.OFF or (not self._mode.replays and self._path not in _written):
            return None
        found = recording.read(self._path)
        if found is not None and {name: found[name] for name in self._key.as_json()} != self._key.as_json():
            raise RecordingInvalid(
                f"{self._path} is the recording of another call.",
                hint="Was it edited or renamed? Restore it, or remove it and record the call again.",
            )
        if found is None or (found.get("complete") is False and self._mode.records):
            if self._mode.records:
                return None
            raise miss(self._key, self._path)
        return found

    def _replayed(self, recorded: dict[str, Any]) -> Any:
        with self._named():
            if "error" not in recorded:
                return self._decoder.decode(recorded["result"])
            error = decode_error(recorded["error"], self._decoder, self._types)
        raise error

    def _replayed_chunks(self, recorded: dict[str, Any]) -> Iterator[Any]:
        with self._named():
            chunks = list(recorded["chunks"])
        for chunk in chunks:
            with self._named():
                decoded = self._decoder.decode(chunk)
            yield decoded
        if "error" in recorded:
            with self._named():
                error = decode_error(recorded["error"], self._decoder, self._types)
            raise error
        if recorded.get("complete") is False:
            raise ended_early(self._key, self._path, len(chunks))

    def _note(self, chunk: Any) -> None:
        if self._mode.records:
            self._chunks.append(self._encoder.encode(chunk))

    def _save(self, **outcome: Any) -> None:
        if self._mode.records:
            self._write({name: self._encoder.encode(value) for name, value in outcome.items()} or self._so_far())

    def _save_error(self, error: Exception) -> None:
        if self._mode.records and not isinstance(error, (NotRecordable, RecordingInvalid, RecordingMissing)):
            logger.warning("%s failed, and that is recorded: %s", self._name, error)
            self._write({**self._so_far(), "error": encode_error(error, self._encoder)})

    def _save_partial(self) -> None:
        """Its reader went away: what there was is kept, and marked, for a test whose reader does the same."""
        if self._mode.records and self._chunks:
            self._write({**self._so_far(), "complete": False})

    def _so_far(self) -> dict[str, Any]:
        return {"chunks": self._chunks} if self._streams else {}

    def _write(self, outcome: dict[str, Any]) -> None:
        files = self._encoder.files
        check = Decoder(self._types, files.__getitem__)
        try:
            check.decode([outcome.get("result"), outcome.get("chunks")])
        except RecordingInvalid as error:
            raise NotRecordable(
                f"What {self._name} gave cannot be replayed: {error.message}", hint=error.hint
            ) from error
        path = recording.write(self._folder, self._stem, {**self._key.as_json(), **outcome}, files)
        _written.add(path)
        logger.info("Recorded %s: %s", self._name, path)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say in which file something is wrong."""
        try:
            yield
        except RecordingInvalid as error:
            raise RecordingInvalid(f"{self._path}: {error.message}", hint=error.hint) from error
        except (KeyError, TypeError) as error:
            raise RecordingInvalid(
                f"{self._path} does not hold what this method gives: {type(error).__name__}: {error}.",
                hint="Remove the file, and record the call again.",
            ) from error
