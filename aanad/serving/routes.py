"""One endpoint as a route: body bytes → compiled validator → `run` → compiled serialiser → body bytes."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from aanad.serving.bodies import ClientGone, read_json
from aanad.serving.problems import RequestRefused, failure, invalid_request, invalid_result
from aanad.serving.responses import JSON, Chunks, send_bytes, send_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aanad.sdk.endpoint import RegisteredEndpoint
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
        self._validate_json = signature.request_model.__pydantic_validator__.validate_json
        self._check_result = signature.response.validator.validate_python
        self._to_json = signature.response.serializer.to_json

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await read_json(scope, receive)
            request = self._validate_json(body)
        except ValidationError as error:
            await send_problem(send, invalid_request(scope, self.name, error))
            return
        except RequestRefused as refusal:
            await send_problem(send, refusal.problem(scope))
            return
        except ClientGone:
            return
        arguments = self._arguments(request)
        if self._streaming:
            await self._stream(arguments, scope, send)
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
        try:
            answer = self._to_json(self._check_result(result))
        except (ValidationError, PydanticSerializationError) as error:
            await send_problem(send, invalid_result(scope, self.name, error))
            return
        await send_bytes(send, 200, JSON, answer)

    async def _stream(self, arguments: dict[str, Any], scope: Scope, send: Send) -> None:
        """Send each chunk when it is made; an error in the middle is a last line ``{"error": {problem}}``."""
        chunks = Chunks(send)
        source = self._run(**arguments)
        items: AsyncIterator[Any] = source if self._is_async else _in_thread(source)
        problem = None
        try:
            async for item in items:
                try:
                    line = self._to_json(self._check_result(item))
                except (ValidationError, PydanticSerializationError) as error:
                    problem = invalid_result(scope, self.name, error)
                    break
                await chunks.line(line)
        except Exception as error:  # noqa: BLE001 - the edge of the author's code
            problem = failure(scope, self.name, error)
        finally:
            if self._is_async:
                await source.aclose()
        if problem is None:
            await chunks.end()
        elif chunks.has_begun:
            await chunks.end(b'{"error":' + problem.model_dump_json(exclude_none=True).encode() + b"}")
        else:
            await send_problem(send, problem)


async def _in_thread(items: Iterator[Any]) -> AsyncIterator[Any]:
    while (item := await asyncio.to_thread(next, items, _END)) is not _END:
        yield item
