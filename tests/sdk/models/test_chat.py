"""Conversations of text and images, as JSON and as Python."""

from __future__ import annotations

import base64
import json

import pytest
from pydantic import TypeAdapter, ValidationError

from aanad.sdk.models import ChatDialog, ChatMessage, Image, ImagePart, TextPart


def test_a_conversation_begins_with_a_prompt_and_goes_on() -> None:
    """Each step is a conversation of its own; the one before stays."""
    first = ChatDialog.from_prompt("Hello?", system_prompt="Be short.")
    second = first.answered("Hello.").asked("Who are you?")

    assert [(message.role, message.content) for message in second.messages] == [
        ("system", "Be short."),
        ("user", "Hello?"),
        ("assistant", "Hello."),
        ("user", "Who are you?"),
    ]
    assert len(first.messages) == 2


def test_images_stand_before_the_words(png: bytes) -> None:
    """And are found again, in their order."""
    image, other = Image(png), Image(png)
    dialog = ChatDialog.from_prompt("What is this?", images=[image]).asked("And this?", images=[other])

    assert dialog.images == [image, other]
    assert [message.text for message in dialog.messages] == ["What is this?", "And this?"]
    assert dialog.for_template()[0] == {
        "role": "user",
        "content": [{"type": "image"}, {"type": "text", "text": "What is this?"}],
    }
    assert ChatDialog.from_prompt("Hello").for_template() == [{"role": "user", "content": "Hello"}]


def test_a_client_sends_text_or_parts(png: bytes) -> None:
    """And an answer of the same type can be sent back as it is."""
    part = {"type": "image", "image": {"content": base64.b64encode(png).decode()}}
    request = {
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [part, {"type": "text", "text": "What is this?"}]},
        ]
    }
    adapter = TypeAdapter(ChatDialog)
    dialog = adapter.validate_json(json.dumps(request))
    again = adapter.validate_json(adapter.dump_json(dialog))

    assert isinstance(dialog.messages[1].content, list)
    assert dialog.images[0].size == (6, 4)
    assert again.images[0].read() == png
    assert again.messages[1].text == "What is this?"


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ({"role": "robot", "content": "x"}, ("role",)),
        ({"role": "user"}, ("content",)),
        ({"role": "user", "content": "x", "name": "y"}, ("name",)),
        ({"role": "user", "content": []}, ("content", "constrained-list")),
        ({"role": "user", "content": [{"type": "video"}]}, ("content",)),
        ({"role": "user", "content": [{"text": "x"}]}, ("content",)),
    ],
)
def test_a_message_that_is_none_is_refused(message: dict[str, object], place: tuple[str, ...]) -> None:
    """The error says where."""
    with pytest.raises(ValidationError) as refused:
        ChatMessage.model_validate(message)
    assert any(set(place[:1]) <= set(error["loc"]) for error in refused.value.errors())


def test_the_schema_says_that_a_part_names_its_type() -> None:
    """In Python the type may be left out, in JSON it may not."""
    parts = TypeAdapter(ChatDialog).json_schema()["$defs"]

    assert parts["TextPart"]["required"] == ["type", "text"]
    assert parts["ImagePart"]["required"] == ["type", "image"]
    assert TextPart(text="x").type == "text"
    assert ImagePart(image=Image(b"x")).type == "image"
