"""One endpoint as a route: body bytes → compiled validator → `run` → the answer that the client accepts."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from aanad.sdk.exceptions import TooManyRequests
from aanad.serving.answers.files import has_range, send_media
from aanad.serving.answers.media import MediaAnswer, UnusableResult
from aanad.serving.answers.negotiation import ANYTHING, accept_of, not_acceptable
from aanad.serving.answers.streams import writer_of
from aanad.serving.inputs.reader import InputReader
from aanad.serving.inputs.refusals import ClientGone
from aanad.serving.problems import RequestRefused, failure, invalid_request, invalid_result
from aanad.serving.responses import JSON, send_bytes, send_nothing, send_problem
from aanad.serving.turns import turns_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aanad.sdk.counts import EndpointSeries
    from aanad.sdk.endpoint import RegisteredEndpoint
    from aanad.serving.answers.media import Body
    from aanad.serving.answers.negotiation import Accept
    from aanad.serving.asgi import Receive, Scope, Send
    from aanad.serving.counted_answers import CountedAnswer
    from aanad.serving.turns import Turn


@dataclass(slots=True)
class _Exchange:
    """A request that has been read, and the way back to its client."""

    scope: Scope
    receive: Receive
    send: Send
    answer: CountedAnswer
    accept: Accept
    turn: Turn
    arguments: dict[str, Any]


class Route:
    """An endpoint's object with its compiled adapters."""

    def __init__(self, endpoint: RegisteredEndpoint, series: EndpointSeries) -> None:
        self.name = endpoint.name
        self.series = series
        self.instance = endpoint.endpoint_cls()
        self._run: Any = self.instance.run
        self._turns = turns_of(endpoint, series)
        signature = endpoint.signature
        self._is_async = signature.is_async
        self._streaming = signature.streaming
        self._arguments = signature.arguments
        self.reader = InputReader(signature)
        self._request_schema = signature.request_schema
        self._check_result = signature.response.validator.validate_python
        self._to_json = signature.to_json
        self._answer = signature.answer
        self._is_light = not signature.has_media
        self._is_binary = signature.answer.is_binary
        self._media = MediaAnswer(signature.answer, signature.response)
        self._choose = self._media.choose if self._is_binary and not self._streaming else self._best

    async def answer(self, scope: Scope, receive: Receive, answer: CountedAnswer) -> None:
        """Answer one request."""
        send = answer.send
        try:
            self._turns.refuse_if_full()
            accept = accept_of(scope)
            if accept is not ANYTHING:
                self._choose(accept)
            received = await self.reader.read(scope, receive)
        except ValidationError as error:
            await send_problem(send, invalid_request(scope, self.name, error, self._request_schema()))
            return
        except RequestRefused as refusal:
            await send_problem(send, refusal.problem(scope))
            return
        except TooManyRequests as error:
            await send_problem(send, failure(scope, self.name, error))
            return
        except ClientGone:
            return
        try:
            arguments = self._arguments(received.request)
            async with self._turns.turn(scope, arguments) as turn:
                exchange = _Exchange(scope, receive, send, answer, accept, turn, arguments)
                await (self._stream(exchange) if self._streaming else self._value(exchange))
        finally:
            received.close()

    async def _value(self, exchange: _Exchange) -> None:
        turn, scope, send = exchange.turn, exchange.scope, exchange.send
        try:
            async with turn.work():
                if self._is_async:
                    result = await self._run(**exchange.arguments)
                else:
                    result = await turn.in_thread(self._run, **exchange.arguments)
                    if inspect.isawaitable(result):
                        result = await result
                turn.result = result
                answer = await self._encoded(exchange, result)
        except UnusableResult as error:
            if isinstance(error.__cause__, Exception):
                turn.error = error.__cause__
            await send_problem(send, invalid_result(scope, self.name, error))
        except RequestRefused as refusal:
            await send_problem(send, refusal.problem(scope))
        except Exception as error:  # noqa: BLE001 - the edge of the author's code
            await send_problem(send, failure(scope, self.name, error))
        else:
            if answer is None:
                await send_nothing(send)
            elif isinstance(answer, bytes):
                await send_bytes(exchange.answer.whole(200), 200, JSON, answer)
            else:
                await send_media(answer, scope, exchange.receive, send)

    async def _encoded(self, exchange: _Exchange, result: object) -> bytes | Body | None:
        """What is sent: JSON, media, or nothing; what takes its time is encoded in a thread.

        Raises:
            UnusableResult: the result does not fit its annotation.
            RequestRefused: it cannot be sent as the client wants it.
        """
        try:
            if not self._is_binary:
                return self._dump(result) if self._is_light else await exchange.turn.in_thread(self._dump, value=result)
            if result is None and self._answer.may_be_empty:
                return None
            body: Body = await exchange.turn.in_thread(
                self._media.body, result=result, accept=exchange.accept, as_file=has_range(exchange.scope)
            )
            return body
        except (ValidationError, PydanticSerializationError) as error:
            raise UnusableResult(str(error)) from error

    def _dump(self, value: Any) -> bytes:
        checked = self._check_result(value)
        try:
            return self._to_json(checked)
        except ValueError as error:
            raise UnusableResult(str(error)) from error

    def _best(self, accept: Accept) -> str:
        chosen = accept.best(self._answer.media_types)
        if chosen is None:
            raise not_acceptable(self._answer.media_types)
        return chosen

    async def _stream(self, exchange: _Exchange) -> None:
        """Send each chunk when it is made; an error in the middle is a marked last chunk."""
        turn, send = exchange.turn, exchange.send
        media_type = self._choose(exchange.accept)
        writer = writer_of(self._answer.kind, media_type)(send, media_type)
        problem = None
        try:
            async with turn.work():
                source = self._run(**exchange.arguments)
                items: AsyncGenerator[Any, None] = source if self._is_async else turn.items(source)
                try:
                    async for item in items:
                        try:
                            chunk = self._chunk(item) if self._is_light else await asyncio.to_thread(self._chunk, item)
                        except (ValidationError, UnusableResult) as error:
                            turn.error = error
                            problem = invalid_result(exchange.scope, self.name, error)
                            break
                        await writer.chunk(chunk)
                finally:
                    await items.aclose()
        except Exception as error:  # noqa: BLE001 - the edge of the author's code
            problem = failure(exchange.scope, self.name, error)
        finally:
            await writer.close()
        if problem is None:
            await writer.end()
        elif writer.has_begun:
            exchange.answer.broke(problem.status)
            await writer.fail(problem)
        else:
            await send_problem(send, problem)

    def _chunk(self, item: Any) -> bytes:
        if not self._is_binary:
            return self._dump(item)
        if isinstance(item, bytes | bytearray | memoryview):
            return bytes(item)
        raise UnusableResult(f"a stream of bytes yielded {type(item).__name__}")
