"""`PixelArray`: an image as nested lists of numbers in JSON, for who wants just that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic_core import PydanticCustomError, core_schema

from aanad.sdk.exceptions import InvalidMedia
from aanad.sdk.models.image import Image

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core.core_schema import CoreSchema

_MOST = 255
_SHAPE = "Pixels are rows of columns of three integers from 0 to 255, all rows of one length."
_DESCRIPTION = "Pixels of an image: rows of columns of red, green and blue, from 0 to 255."


class _Pixels:
    """How pydantic reads and writes the array."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _pixels_of,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: _pixels_of(value).tolist(), when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"type": "integer", "minimum": 0, "maximum": 255}
        pixel = {"type": "array", "items": number, "minItems": 3, "maxItems": 3}
        row = {"type": "array", "items": pixel, "minItems": 1}
        said = schema.get("metadata", {}).get("pydantic_js_updates") or {}
        return {"title": "PixelArray", "description": _DESCRIPTION, "type": "array", "items": row, "minItems": 1} | said


if TYPE_CHECKING:
    PixelArray = npt.NDArray[np.uint8]
else:
    PixelArray = Annotated[Any, _Pixels]
    """Height x width x 3, uint8, RGB; an `Image`, a PIL image or an array may be given where it is the type."""


def _pixels_of(value: object) -> npt.NDArray[np.uint8]:
    if isinstance(value, Image):
        return value.numpy()
    try:
        image = Image.of_value(value)
    except InvalidMedia as error:
        raise _refusal(error.message) from error
    if image is not None:
        return image.numpy()
    if not isinstance(value, list):
        raise _refusal("Give rows of columns of three integers from 0 to 255.")
    import numpy as np

    try:
        array = np.array(value)
        is_shaped = array.dtype.kind in "iuf" and array.shape[2:] == (3,)
        if not is_shaped or not 0 <= array.min() <= array.max() <= _MOST or (array % 1).any():
            raise _refusal(_SHAPE)
        return Image(numpy=array.astype(np.uint8)).numpy()
    except (ValueError, OverflowError, InvalidMedia) as error:
        raise _refusal(_SHAPE) from error


def _refusal(message: str) -> PydanticCustomError:
    return PydanticCustomError("pixels", "{reason}", {"reason": message})
