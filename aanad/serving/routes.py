"""One endpoint as a route: body bytes → compiled validator → `run` → the answer that the client accepts."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from aanad.serving.answers.files import has_range, send_media
from aanad.serving.answers.media import MediaAnswer, UnusableResult
from aanad.serving.answers.negotiation import ANYTHING, accept_of, not_acceptable
from aanad.serving.answers.streams import writer_of
from aanad.serving.inputs.reader import InputReader
from aanad.serving.inputs.refusals import ClientGone
from aanad.serving.problems import RequestRefused, failure, invalid_request, invalid_result
from aanad.serving.responses import JSON, send_bytes, send_nothing, send_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aanad.sdk.endpoint import RegisteredEndpoint
    from aanad.serving.answers.negotiation import Accept
    from aanad.serving.asgi import Receive, Scope, Send

_END = object()


class Route:
    """An endpoint's object with its compiled adapters."""

    def __init__(self, endpoint: RegisteredEndpoint) -> None:
        self.name = endpoint.name
        self.instance = endpoint.endpoint_cls()
        self._run: Any = self.instance.run
        signature = endpoint.signature
        self._is_async = signature.is_async
        self._streaming = signature.streaming
        self._arguments = signature.arguments
        self.reader = InputReader(signature)
        self._check_result = signature.response.validator.validate_python
        self._to_json = signature.response.serializer.to_json
        self._answer = signature.answer
        self._is_light = not signature.has_media
        self._is_binary = signature.answer.is_binary
        self._media = MediaAnswer(signature.answer, signature.response)
        self._choose = self._media.choose if self._is_binary and not self._streaming else self._best

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            accept = accept_of(scope)
            if accept is not ANYTHING:
                self._choose(accept)
            received = await self.reader.read(scope, receive)
        except ValidationError as error:
            await send_problem(send, invalid_request(scope, self.name, error))
            return
        except RequestRefused as refusal:
            await send_problem(send, refusal.problem(scope))
            return
        except ClientGone:
            return
        try:
            await self._respond(self._arguments(received.request), accept, scope, receive, send)
        finally:
            received.close()

    async def _respond(
        self, arguments: dict[str, Any], accept: Accept, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if self._streaming:
            await self._stream(arguments, accept, scope, send)
            return
        try:
            if self._is_async:
                result = await self._run(**arguments)
            else:
                result = await asyncio.to_thread(self._run, **arguments)
                if inspect.isawaitable(result):
                    result = await result
        except Exception as error:  # noqa: BLE001 - the edge of the author's code
            await send_problem(send, failure(scope, self.name, error))
            return
        if self._is_binary:
            await self._send_media(result, accept, scope, receive, send)
            return
        try:
            answer = self._dump(result) if self._is_light else await asyncio.to_thread(self._dump, result)
        except (ValidationError, PydanticSerializationError) as error:
            await send_problem(send, invalid_result(scope, self.name, error))
            return
        await send_bytes(send, 200, JSON, answer)

    def _dump(self, value: Any) -> bytes:
        return self._to_json(self._check_result(value))

    def _best(self, accept: Accept) -> str:
        chosen = accept.best(self._answer.media_types)
        if chosen is None:
            raise not_acceptable(self._answer.media_types)
        return chosen

    async def _send_media(self, result: object, accept: Accept, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is no JSON: encoded in a thread, files from disk."""
        if result is None and self._answer.may_be_empty:
            await send_nothing(send)
            return
        try:
            body = await asyncio.to_thread(self._media.body, result, accept, as_file=has_range(scope))
        except (ValidationError, PydanticSerializationError, UnusableResult) as error:
            await send_problem(send, invalid_result(scope, self.name, error))
        except RequestRefused as refusal:
            await send_problem(send, refusal.problem(scope))
        except Exception as error:  # noqa: BLE001 - the edge of the author's media
            await send_problem(send, failure(scope, self.name, error))
        else:
            await send_media(body, scope, receive, send)

    async def _stream(self, arguments: dict[str, Any], accept: Accept, scope: Scope, send: Send) -> None:
        """Send each chunk when it is made; an error in the middle is a marked last chunk."""
        media_type = self._choose(accept)
        writer = writer_of(self._answer.kind, media_type)(send, media_type)
        source = self._run(**arguments)
        items: AsyncIterator[Any] = source if self._is_async else _in_thread(source)
        problem = None
        try:
            async for item in items:
                try:
                    chunk = self._chunk(item) if self._is_light else await asyncio.to_thread(self._chunk, item)
                except (ValidationError, PydanticSerializationError, UnusableResult) as error:
                    problem = invalid_result(scope, self.name, error)
                    break
                await writer.chunk(chunk)
        except Exception as error:  # noqa: BLE001 - the edge of the author's code
            problem = failure(scope, self.name, error)
        finally:
            await writer.close()
            if self._is_async:
                await source.aclose()
        if problem is None:
            await writer.end()
        elif writer.has_begun:
            await writer.fail(problem)
        else:
            await send_problem(send, problem)

    def _chunk(self, item: Any) -> bytes:
        if not self._is_binary:
            return self._dump(item)
        if isinstance(item, bytes | bytearray | memoryview):
            return bytes(item)
        raise UnusableResult(f"a stream of bytes yielded {type(item).__name__}")


async def _in_thread(items: Iterator[Any]) -> AsyncIterator[Any]:
    while (item := await asyncio.to_thread(next, items, _END)) is not _END:
        yield item
