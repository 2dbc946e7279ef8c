"""The simulated endpoints: what they take, and answers of each kind to test requests."""

from __future__ import annotations

import io
import json
import math
import time
import wave
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any

import httpx

from aana_tui.demo import endpoint_schemas as schemas
from aana_tui.demo.project import SERVE_URL
from aana_tui.demo.projects import found
from aana_tui.demo.routes import Call, Refusal, Routes, answered, streamed
from aana_tui.state.request_form import RequestForm
from aanad.client.invocations import DURATION_HEADER
from aanad.wire.problems import MEDIA_TYPE, FieldError, Problem
from aanad.wire.projects import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aana_tui.state.request_form import Entry

LINES, EVENTS, JSON = "application/x-ndjson", "text/event-stream", "application/json"
SAID = """The box has eight GPUs , and each of them does what it was asked to . A replica that ends is replaced ;
what it was doing is said to whoever waits for it ."""
WORDS = SAID.split()
SAMPLE_RATE = 16_000
routes = Routes()


@routes("GET", "/v1/projects/{project}/endpoints")
def endpoints(call: Call) -> httpx.Response:
    """A project's, with their schemas."""
    project = found(call)
    return answered([_endpoint(project.name, name, path) for name, path in project.endpoints])


@routes("POST", "/v1/projects/{project}/endpoints/{endpoint}/invoke")
def invoke(call: Call) -> httpx.Response:
    """A request to one of them."""
    project, name = found(call), call.path["endpoint"]
    path = dict(project.endpoints).get(name)
    if path is None:
        hint = f"`aana endpoints {project.name}` lists them."
        raise Refusal(404, "endpoint_not_found", f"{project.name} has no endpoint {name}.", hint)
    if project.shown().phase not in {"running", "updating", "degraded"}:
        raise Refusal(409, "project_not_running", f"{project.name} is {project.shown().phase}.", "Start it first.")
    endpoint = _endpoint(project.name, name, path)
    document, uploads = _request(call)
    errors = _errors(endpoint, document, uploads)
    response = _unfit(errors) if errors else _ANSWERS.get(name, _echo)(call, document, uploads)
    response.headers[DURATION_HEADER] = f"{project.p50_ms / 4:.1f}"
    response.headers["x-request-id"] = f"demo-{len(call.box.requests)}"
    return response


def _endpoint(project: str, name: str, path: str) -> Endpoint:
    schema, kinds, uploads, summary = _ENDPOINTS.get(name, (schemas.TEXTS, [JSON], [], name.replace("_", " ")))
    return Endpoint(
        name=name, path=path, summary=summary, request_schema=schema, response_schema={}, project=project,
        url=f"{SERVE_URL}/{project}{path}", media_types=kinds, uploads=uploads, streaming=kinds[0] in {LINES, EVENTS},
    )  # fmt: skip


def _request(call: Call) -> tuple[Any, dict[str, int]]:
    """The document, and the sizes of the files beside it."""
    kind = call.request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        try:
            return call.json() or {}, {}
        except ValueError as error:
            raise Refusal(400, "invalid_json", f"The body is no JSON: {error}.") from error
    message = BytesParser().parsebytes(f"content-type: {kind}\r\n\r\n".encode() + call.request.content)
    document: Any = {}
    uploads: dict[str, int] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        if part.get_filename() is not None:
            uploads[name] = uploads.get(name, 0) + len(content)
        elif name == "body":
            document = json.loads(content)
    return document, uploads


def _errors(endpoint: Endpoint, document: Any, uploads: dict[str, int]) -> list[FieldError]:
    form = RequestForm(endpoint.request_schema)
    form.fill(document)
    entries: list[tuple[tuple[str, ...], Entry]] = [(("body",), form.root)]
    found: list[FieldError] = []
    for path, entry in entries:
        if path[1:] and path[1] in uploads:
            continue
        found += [FieldError(field=".".join(path), message=fault) for fault in entry.faults()]
        if entry.state == "given":
            same = entry.kind == "union"
            entries += [(path if same else (*path, child.name), child) for child in entry.children]
    return found


def _unfit(errors: list[FieldError]) -> httpx.Response:
    first = errors[0]
    problem = Problem(
        title="Unprocessable Content", status=422, code="invalid_request", errors=errors,
        message=f"{first.field.removeprefix('body.')}: {first.message}.", hint="The fields are in `errors`.",
    )  # fmt: skip
    return httpx.Response(422, content=problem.model_dump_json(), headers={"content-type": MEDIA_TYPE})


def _echo(call: Call, document: Any, uploads: dict[str, int]) -> httpx.Response:  # noqa: ARG001 - one shape of answers
    lines = document.get("text", [])
    return answered({"text": [line.lower() for line in lines], "characters": sum(map(len, lines))})


def _chat(call: Call, document: Any, uploads: dict[str, int]) -> httpx.Response:  # noqa: ARG001 - one shape of answers
    pause_s = document.get("pause_s", 0.05)
    count = document.get("max_tokens", 48)
    is_events = EVENTS in call.request.headers.get("accept", "")

    def tokens() -> Iterator[bytes]:
        for number in range(count):
            word = f"{WORDS[number % len(WORDS)]} "
            yield _item(word, number, is_events=is_events)
            _pause(call, pause_s)
        if is_events:
            yield b"event: end\ndata: {}\n\n"

    return streamed(call, tokens(), EVENTS if is_events else LINES)


def _transcribe(call: Call, document: Any, uploads: dict[str, int]) -> httpx.Response:
    size = sum(uploads.values())

    def segments() -> Iterator[bytes]:
        for number in range(6):
            said = " ".join(WORDS[4 * number : 4 * number + 4])
            segment = {"start": 2.0 * number, "end": 2.0 * number + 2, "text": said}
            yield _item({**segment, "language": document.get("language") or "en", "bytes": size}, number)
            _pause(call, 0.1)

    return streamed(call, segments(), LINES)


def _rerank(call: Call, document: Any, uploads: dict[str, int]) -> httpx.Response:  # noqa: ARG001 - one shape of answers
    _pause(call, document.get("seconds", 0.0))
    query = set(document["query"].lower().split())
    scores = [len(query & set(text.lower().split())) / (len(query) or 1) for text in document["documents"]]
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    return answered([{"index": at, "score": round(scores[at], 3)} for at in order])


def _draw(call: Call, document: Any, uploads: dict[str, int]) -> httpx.Response:  # noqa: ARG001 - one shape of answers
    from PIL import Image, ImageDraw

    width, height = document.get("size", [320, 240])
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(("red", "orange", "limegreen", "deepskyblue")):
        left, top = width * (1 + 2 * number) // 10, height * (1 + number) // 8
        draw.rectangle((left, top, left + width // 6, top + height // 3), outline=colour, width=max(2, width // 80))
    content = io.BytesIO()
    image.save(content, "png")
    return httpx.Response(200, content=content.getvalue(), headers={"content-type": "image/png"})


def _speak(call: Call, document: Any, uploads: dict[str, int]) -> httpx.Response:  # noqa: ARG001 - one shape of answers
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        count = int(SAMPLE_RATE * document.get("seconds", 1.0))
        turn = 2 * math.pi * 440 / SAMPLE_RATE
        samples = (int(8000 * math.sin(turn * number)) for number in range(count))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    headers = {"content-type": "audio/wav", "content-disposition": 'attachment; filename="speech.wav"'}
    return httpx.Response(200, content=content.getvalue(), headers=headers)


def _item(value: Any, number: int, *, is_events: bool = False) -> bytes:
    text = json.dumps(value)
    return f"id: {number + 1}\ndata: {text}\n\n".encode() if is_events else f"{text}\n".encode()


def _pause(call: Call, seconds: float) -> None:
    """Seconds of the real time, which end where the client or the link is gone."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        call.wait_for(lambda: False, left)


_ENDPOINTS: dict[str, tuple[schemas.Schema, list[str], list[str], str]] = {
    "transcribe": (schemas.TRANSCRIBE, [LINES, EVENTS], ["media"], "Write down what is said"),
    "chat": (schemas.CHAT, [LINES, EVENTS], [], "Answer, token by token"),
    "draw": (schemas.DRAW, ["image/png", "image/jpeg", JSON], ["image"], "Draw boxes around what is found"),
    "speak": (schemas.SPEAK, ["audio/wav", "audio/flac", JSON], [], "Say it aloud"),
    "rerank": (schemas.RERANK, [JSON], [], "Order documents by a query"),
}
_ANSWERS: dict[str, Callable[[Call, Any, dict[str, int]], httpx.Response]] = {
    "transcribe": _transcribe, "chat": _chat, "draw": _draw, "speak": _speak, "rerank": _rerank,
}  # fmt: skip
