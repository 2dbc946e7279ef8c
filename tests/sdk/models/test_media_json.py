"""Media in requests and answers: what is accepted, what is refused with which sentence, what the schemas say."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import PIL.Image
import pytest
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from aanad.sdk.exceptions import InvalidMedia
from aanad.sdk.models import Audio, File, Image, Media, Video
from aanad.sdk.models.inputs import InputContext, Upload

if TYPE_CHECKING:
    from pathlib import Path

OBJECT = "Give an image as a URL or as an object with one of url, path and content."


def refusal(adapter: TypeAdapter[Any], value: object, context: InputContext | None = None) -> tuple[str, str]:
    """The code and the sentence with which a JSON value is refused."""
    with pytest.raises(ValidationError) as refused:
        adapter.validate_json(json.dumps(value), context=context)
    [error] = refused.value.errors()
    return error["type"], error["msg"]


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_content_and_data_urls_are_always_taken(png: bytes) -> None:
    """Without any settings: base64 in an object, with line breaks too, or a data URL."""
    adapter = TypeAdapter(Image)
    wrapped = base64.encodebytes(png).decode()
    url = f"data:image/png;base64,{b64(png)}"
    given = {"content": wrapped, "filename": "a.png", "media_id": "7", "media_type": "image/png"}
    for value in (given, url, {"url": url}):
        assert adapter.validate_json(json.dumps(value)).read() == png
    image = adapter.validate_json(json.dumps(given))
    assert (image.filename, image.media_id, image.media_type) == ("a.png", "7", "image/png")


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        (5, "media_type", OBJECT),
        (None, "media_type", OBJECT),
        ([1], "media_type", OBJECT),
        ({}, "media_source", "Give exactly one of url, path and content; got none."),
        (
            {"url": "http://a", "content": ""},
            "media_source",
            "Give exactly one of url, path and content; got url and content.",
        ),
        ({"content": 5}, "media_field", "The field content must be a string."),
        ({"content": "", "mime": "x"}, "media_field", "Image has no field 'mime'."),
        ({"upload": 0}, "media_field", "Image has no field 'upload'."),
        ({"content": "@@"}, "invalid_base64", "The content is not valid base64."),
        ("data:image/png,hello", "invalid_media", "The image is no picture that can be read."),
        ("data:image/png;base64", "invalid_data_url", "The data URL has no comma before its data."),
        (
            {"content": b64(b"hello"), "filename": "{x}"},
            "invalid_media",
            "The image '{x}' is no picture that can be read.",
        ),
        (
            "cat.png",
            "media_source",
            'A string must be an http, https or data URL; base64 is sent as {"content": …}.',
        ),
        ({"url": "http://a.b"}, "url_not_allowed", "Media by URL is not allowed here; send the file itself."),
        ("https://a.b", "url_not_allowed", "Media by URL is not allowed here; send the file itself."),
        (
            {"path": "/etc/hostname"},
            "path_not_allowed",
            "Files on the server are not allowed here; send the file itself.",
        ),
    ],
)
def test_what_is_no_image_is_refused_in_one_sentence(value: object, code: str, message: str) -> None:
    """Each mistake has its code and its sentence; URLs and paths are off where nobody allowed them."""
    assert refusal(TypeAdapter(Image), value) == (code, message)


def test_a_url_waits_until_the_server_has_fetched_it(png: bytes) -> None:
    """It is noted as pending and cannot be read before: an endpoint never fetches what a client names."""
    context = InputContext(urls=True)
    image = TypeAdapter(Image).validate_json('"https://example.com/cat.png"', context=context)

    assert context.pending == [image]
    with pytest.raises(InvalidMedia, match=r"^The image has not been fetched\.$"):
        image.read()
    image.provide(Upload(content=png))
    assert image.read() == png
    assert refusal(TypeAdapter(Image), "http://[", context)[0] == "invalid_url"


def test_a_path_must_lead_into_an_allowed_folder(tmp_path: Path) -> None:
    """Links are followed first, so that none leads out; what lies outside is not even said to exist."""
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    allowed.mkdir()
    outside.mkdir()
    (allowed / "a.txt").write_bytes(b"in")
    (outside / "b.txt").write_bytes(b"out")
    (allowed / "link").symlink_to(outside / "b.txt")
    (tmp_path / "way").symlink_to(allowed)
    context = InputContext(folders=(tmp_path / "way",))
    adapter = TypeAdapter(File)

    assert adapter.validate_python({"path": str(allowed / "a.txt")}, context=context).read() == b"in"
    assert adapter.validate_python({"path": str(tmp_path / "way" / "a.txt")}, context=context).read() == b"in"
    outsiders = [
        allowed / "link",
        allowed / ".." / "outside" / "b.txt",
        outside / "b.txt",
        outside / "missing",
        tmp_path / "allowed-too",
        "a.txt",
        "",
        "/\0",
        "x" * 5000,
    ]
    for path in outsiders:
        assert refusal(adapter, {"path": str(path)}, context)[0] == "path_not_allowed", path
    assert refusal(adapter, {"path": str(allowed / "missing")}, context) == (
        "no_such_file",
        "There is no such file on the server.",
    )
    assert refusal(adapter, {"path": str(allowed)}, context)[0] == "no_such_file"


def test_a_file_of_the_form_is_found_by_its_index(png: bytes) -> None:
    """The server writes the index; another index, a word or a further field is refused."""
    uploads = [Upload(content=png, filename="a.png"), Upload(content=b"x", media_type="text/plain")]
    context = InputContext(uploads=uploads)
    adapter = TypeAdapter(list[Image])

    [image] = adapter.validate_json('[{"upload": 0}]', context=context)
    assert (image.filename, image.read()) == ("a.png", png)
    for index in (2, -1, True, "0", None):
        assert refusal(adapter, [{"upload": index}], context)[0] == "no_such_upload"
    assert refusal(adapter, [{"upload": 1}], context)[0] == "media_type_not_accepted"
    assert refusal(adapter, [{"upload": 0, "filename": "b"}], context)[0] == "media_field"


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    """A file of a few hundred bytes may hold a very large picture; its head tells."""
    file = io.BytesIO()
    PIL.Image.new("1", (4000, 4000)).save(file, "PNG")
    value = {"content": b64(file.getvalue())}

    assert refusal(TypeAdapter(Image), value, InputContext(max_image_pixels=1_000_000)) == (
        "image_too_large",
        "The image has more than 1,000,000 pixels.",
    )
    assert TypeAdapter(Image).validate_python(value).size == (4000, 4000)
    context = InputContext(urls=True, max_image_pixels=1_000_000)
    image = TypeAdapter(Image).validate_python("http://example.com", context=context)
    with pytest.raises(InvalidMedia, match="more than 1,000,000 pixels"):
        image.provide(Upload(content=file.getvalue()))


def test_sound_and_video_of_another_kind_are_refused_by_their_first_bytes(png: bytes) -> None:
    """A picture is no sound, whatever the client says that it is."""
    value = {"content": b64(png), "media_type": "audio/wav"}

    assert refusal(TypeAdapter(Audio), value) == (
        "invalid_media",
        "The audio is image/png, where audio/* or video/* or application/ogg is expected.",
    )
    assert refusal(TypeAdapter(Video), value)[0] == "invalid_media"


def test_python_values_that_are_natural_are_taken(tmp_path: Path, png: bytes) -> None:
    """Arrays and PIL images where an image is expected, bytes and paths where a file is."""
    pil = PIL.Image.open(io.BytesIO(png))
    adapter = TypeAdapter(Image)
    image = Image(png)

    assert adapter.validate_python(image) is image
    assert adapter.validate_python(pil).size == (6, 4)
    assert adapter.validate_python(np.zeros((2, 3, 3), np.uint8)).size == (3, 2)
    assert TypeAdapter(File).validate_python(b"x").read() == b"x"
    assert TypeAdapter(File).validate_python(tmp_path).path == tmp_path
    assert TypeAdapter(Audio).validate_python(tmp_path).path == tmp_path
    assert TypeAdapter(Video).validate_python(tmp_path).path == tmp_path
    assert TypeAdapter(Media).validate_python(image) is image
    for refused in (File(png), np.zeros(3), b"x"):
        with pytest.raises(ValidationError):
            adapter.validate_python(refused)


def test_media_in_an_answer_is_its_type_its_name_and_its_bytes(png: bytes) -> None:
    """An array as well: it becomes a PNG, never a list of numbers."""

    class Answer(TypedDict):
        images: list[Image]

    adapter = TypeAdapter(Answer)
    answer = json.loads(
        adapter.dump_json({"images": [Image(png, filename="a.png"), Image(numpy=np.zeros((1, 2, 3), "u1"))]})
    )

    assert answer["images"][0] == {"media_type": "image/png", "filename": "a.png", "content": b64(png)}
    assert answer["images"][1].keys() == {"media_type", "content"}
    again = adapter.validate_python(answer)
    assert [image.size for image in again["images"]] == [(6, 4), (2, 1)]


def test_the_schema_of_an_answer_says_just_that() -> None:
    """Type, name and content."""
    assert TypeAdapter(Image).json_schema(mode="serialization") == {
        "title": "Image",
        "description": "Image: its media type and its bytes.",
        "type": "object",
        "properties": {
            "media_type": {"type": "string", "description": "The media type.", "examples": ["image/png"]},
            "filename": {"type": "string", "description": "The file's name."},
            "content": {"type": "string", "contentEncoding": "base64", "description": "The bytes in base64."},
        },
        "required": ["media_type", "content"],
        "additionalProperties": False,
    }


def test_an_authors_own_words_take_the_place_of_the_description() -> None:
    """Wherever the annotation stands."""
    annotation = Annotated[Image, Field(description="The cat.", title="Cat")]

    for schema in (
        TypeAdapter(annotation).json_schema(),
        TypeAdapter(annotation).json_schema(mode="serialization"),
        TypeAdapter(list[annotation]).json_schema()["items"],
    ):
        assert (schema["title"], schema["description"]) == ("Cat", "The cat.")


@pytest.mark.parametrize("kind", [Media, File, Image, Audio, Video])
def test_the_schema_of_a_request_says_what_may_be_sent(kind: type[Media]) -> None:
    """An object with exactly one source, or a URL; the server's own form of an upload is not shown."""
    schema = TypeAdapter(kind).json_schema()

    assert schema["title"] == kind.__name__
    as_object, as_url = schema["anyOf"]
    assert as_object["properties"].keys() == {"url", "path", "content", "media_type", "filename", "media_id"}
    assert as_object["oneOf"] == [{"required": ["url"]}, {"required": ["path"]}, {"required": ["content"]}]
    assert as_object["additionalProperties"] is False
    assert as_object["properties"]["url"] == as_url
    assert "upload" not in json.dumps(schema)


@pytest.mark.parametrize(
    ("text", "is_url"),
    [
        ("https://box/a.png", True),
        ("HTTP://u:p@box:80?a", True),
        ("http://[::1]:80/a", True),
        ("data:,a", True),
        ("Data:image/png;base64,QQ==", True),
        ("data:", False),
        ("http://", False),
        ("http://:80/a", False),
        ("https:///a", False),
        ("ftp://box/a", False),
        ("box", False),
    ],
)
def test_the_pattern_of_urls_is_true(text: str, is_url: bool) -> None:
    """What it does not match is refused, and the other way round."""
    assert is_url == bool(re.search(TypeAdapter(File).json_schema()["anyOf"][1]["pattern"], text))
    adapter = TypeAdapter(File)
    if is_url:
        assert adapter.validate_json(json.dumps(text), context=InputContext(urls=True))
    else:
        with pytest.raises(ValidationError):
            adapter.validate_json(json.dumps(text), context=InputContext(urls=True))


@pytest.mark.parametrize(
    "content", ["", "QQ==", "QUI=", "QUJD", " QU\nJD\r\n", "QQ = =", "Q", "QQ", "QQ=", "=", "QUJD=", "Q-_Q", "ä"]
)
def test_the_pattern_of_base64_is_true(content: str) -> None:
    """Line breaks are part of it."""
    pattern = TypeAdapter(File).json_schema()["anyOf"][0]["properties"]["content"]["pattern"]
    try:
        TypeAdapter(File).validate_json(json.dumps({"content": content}))
        is_taken = True
    except ValidationError:
        is_taken = False

    assert is_taken == bool(re.search(pattern, content))
