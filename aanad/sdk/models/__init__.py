"""What travels between clients, endpoints and deployments beyond plain JSON: media, chats, captions, parameters.

Names load on first use (PEP 562); numpy, PIL and PyAV are imported by the first call that needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.sdk.lazy_names import lazy_names

if TYPE_CHECKING:
    from aanad.sdk.models.asr import AsrSegment, AsrTranscription, AsrTranscriptionInfo, AsrWord, join_segments
    from aanad.sdk.models.audio import Audio
    from aanad.sdk.models.captions import Caption, CaptionsList
    from aanad.sdk.models.chat import ChatDialog, ChatMessage, ImagePart, TextPart
    from aanad.sdk.models.dtype import Dtype
    from aanad.sdk.models.file import File
    from aanad.sdk.models.image import Image
    from aanad.sdk.models.intervals import TimeInterval
    from aanad.sdk.models.media import Media
    from aanad.sdk.models.media_type import MediaType
    from aanad.sdk.models.pixels import PixelArray
    from aanad.sdk.models.prompts import Prompt, Question
    from aanad.sdk.models.sampling import SamplingParams
    from aanad.sdk.models.vad import VadParams, VadSegment
    from aanad.sdk.models.video import Frame, Video
    from aanad.sdk.models.whisper import WhisperParams

__all__ = [
    "AsrSegment",
    "AsrTranscription",
    "AsrTranscriptionInfo",
    "AsrWord",
    "Audio",
    "Caption",
    "CaptionsList",
    "ChatDialog",
    "ChatMessage",
    "Dtype",
    "File",
    "Frame",
    "Image",
    "ImagePart",
    "Media",
    "MediaType",
    "PixelArray",
    "Prompt",
    "Question",
    "SamplingParams",
    "TextPart",
    "TimeInterval",
    "VadParams",
    "VadSegment",
    "Video",
    "WhisperParams",
    "join_segments",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "asr": ("AsrSegment", "AsrTranscription", "AsrTranscriptionInfo", "AsrWord", "join_segments"),
        "audio": ("Audio",),
        "captions": ("Caption", "CaptionsList"),
        "chat": ("ChatDialog", "ChatMessage", "ImagePart", "TextPart"),
        "dtype": ("Dtype",),
        "file": ("File",),
        "image": ("Image",),
        "intervals": ("TimeInterval",),
        "media": ("Media",),
        "media_type": ("MediaType",),
        "pixels": ("PixelArray",),
        "prompts": ("Prompt", "Question"),
        "sampling": ("SamplingParams",),
        "vad": ("VadParams", "VadSegment"),
        "video": ("Frame", "Video"),
        "whisper": ("WhisperParams",),
    },
)
