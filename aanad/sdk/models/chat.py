"""Conversations with a language model, of text and images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field

from aanad.sdk.models.base import Model
from aanad.sdk.models.image import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

Role = Literal["system", "user", "assistant"]
"""Who speaks: whoever sets the model up, whoever asks, the model."""


class TextPart(Model):
    """Some text of a message."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "text"]})

    type: Literal["text"] = "text"
    text: str


class ImagePart(Model):
    """An image in a message."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "image"]})

    type: Literal["image"] = "image"
    image: Image


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]
"""A part of a message."""


class ChatMessage(Model):
    """What one of them says."""

    role: Role
    """Who speaks."""
    content: str | Annotated[list[Part], Field(min_length=1)]
    """The text, or parts of text and images in their order."""

    @property
    def text(self) -> str:
        """Its text alone, parts on lines of their own."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def images(self) -> list[Image]:
        """Its images, in their order."""
        return (
            []
            if isinstance(self.content, str)
            else [part.image for part in self.content if isinstance(part, ImagePart)]
        )


class ChatDialog(Model):
    """A conversation, from its beginning."""

    messages: list[ChatMessage] = Field(default_factory=list)
    """In the order in which they were said."""

    @classmethod
    def from_prompt(cls, prompt: str, *, images: Sequence[Image] = (), system_prompt: str | None = None) -> ChatDialog:
        """A conversation that a user begins.

        Args:
            prompt: what the user says.
            images: what the user shows, before the words.
            system_prompt: how the model shall behave.
        """
        messages = [] if system_prompt is None else [ChatMessage(role="system", content=system_prompt)]
        parts: list[TextPart | ImagePart] = [ImagePart(image=image) for image in images]
        content = [*parts, TextPart(text=prompt)] if parts else prompt
        return cls(messages=[*messages, ChatMessage(role="user", content=content)])

    def answered(self, text: str) -> ChatDialog:
        """The same conversation with the model's answer."""
        return ChatDialog(messages=[*self.messages, ChatMessage(role="assistant", content=text)])

    def asked(self, text: str, *, images: Sequence[Image] = ()) -> ChatDialog:
        """The same conversation with the user's next words."""
        return ChatDialog(messages=[*self.messages, *ChatDialog.from_prompt(text, images=images).messages])

    @property
    def images(self) -> list[Image]:
        """All images, in their order."""
        return [image for message in self.messages for image in message.images]

    def for_template(self) -> list[dict[str, Any]]:
        """What ``apply_chat_template`` of transformers takes: images only as places, given to the processor apart."""
        return [{"role": message.role, "content": _template_content(message)} for message in self.messages]


def _template_content(message: ChatMessage) -> str | list[dict[str, str]]:
    if isinstance(message.content, str):
        return message.content
    return [
        {"type": "text", "text": part.text} if isinstance(part, TextPart) else {"type": "image"}
        for part in message.content
    ]
