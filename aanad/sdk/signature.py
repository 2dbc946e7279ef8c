"""From the one signature of `Endpoint.run` to a compiled request, a compiled response and their JSON schemas."""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from aanad.errors import InvalidSignature
from aanad.sdk.annotations import portable
from aanad.sdk.answer_kinds import BASE64, AnswerKind, answer_of, json_form
from aanad.sdk.json_writer import writer_of
from aanad.sdk.strictness import make_strict
from aanad.sdk.unsupported_types import hint_for, is_stream, stands_for_nothing, type_name
from aanad.sdk.upload_fields import BASE64_PATTERN, UploadField, upload_field, with_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core.core_schema import BytesSchema, DictSchema

JsonSchema = dict[str, Any]

_KINDS = {
    inspect.Parameter.VAR_POSITIONAL: ("*{}", "takes any number of values"),
    inspect.Parameter.VAR_KEYWORD: ("**{}", "takes any field"),
    inspect.Parameter.POSITIONAL_ONLY: ("{}", "is positional-only, and requests name their fields"),
}


class SchemaGenerator(GenerateJsonSchema):
    """Leaves out what JSON cannot say, a default that is no JSON value say, without a warning."""

    ignored_warning_kinds: set[Any] = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}

    def bytes_schema(self, schema: BytesSchema) -> JsonSchemaValue:
        """Bytes in a request are base64, of which four characters stand for three bytes."""
        if self.mode != "validation" or self._config.val_json_bytes != "base64":
            return super().bytes_schema(schema)
        made: JsonSchemaValue = {"type": "string", "contentEncoding": "base64", "pattern": BASE64_PATTERN}
        for key, bound in (("minLength", schema.get("min_length")), ("maxLength", schema.get("max_length"))):
            if bound is not None:
                made[key] = -(-bound // 3) * 4
        return made

    def dict_schema(self, schema: DictSchema) -> JsonSchemaValue:
        """Names are strings in JSON; those of a ``dict[int, T]`` are strings of digits."""
        made = super().dict_schema(schema)
        keys: dict[str, Any] = schema.get("keys_schema", {})  # type: ignore[assignment]
        if keys.get("type") == "int":
            made["propertyNames"] = {"pattern": r"^[+-]?[0-9]+$"}
        return made


class Signature:
    """The compiled signature of an endpoint.

    Attributes:
        request_model: a pydantic model with one field for each parameter; unknown fields are refused.
        answer: the kind of answer that clients get.
        response: the adapter of the result, or of one chunk where the endpoint streams; of a binary answer, the
            adapter of its JSON form.
        to_json: writes what `response` has checked; `ValueError` where JSON has no such number.
        has_media: whether media or pixels are in the JSON of the answer, which takes its time to be written.
        streaming: whether `run` is a generator.
        is_async: whether `run` must be awaited or iterated on the event loop, not in a thread.
        uploads: the parameters that take files of a form.
    """

    def __init__(self, endpoint: str, run: Callable[..., object]) -> None:
        self.endpoint = endpoint
        parameters = list(inspect.signature(run).parameters.values())[1:]  # the first is self
        hints = self._hints(run)
        fields: dict[str, Any] = {}
        self._renamed: dict[str, str] = {}
        self.uploads: dict[str, UploadField] = {}
        for parameter in parameters:
            self._add_field(parameter, hints, fields)
        self.is_async = inspect.iscoroutinefunction(run) or inspect.isasyncgenfunction(run)
        self.streaming = inspect.isasyncgenfunction(run) or inspect.isgeneratorfunction(run)
        self.request_model = self._request_model(fields)
        self._request_schema: JsonSchema | None = None
        self.answer = answer_of(endpoint, hints.get("return", Any), yields=self.streaming)
        self.response: TypeAdapter[Any] = self._response()
        self.to_json = writer_of(self.response)
        self.has_media = _has_media(self.response_schema())

    def arguments(self, request: BaseModel) -> dict[str, Any]:
        """The keyword arguments of `run`."""
        if not self._renamed:
            return request.__dict__
        return {self._renamed.get(field, field): value for field, value in request.__dict__.items()}

    def request_schema(self) -> JsonSchema:
        """JSON Schema of the request."""
        if self._request_schema is None:
            self._request_schema = self.request_model.model_json_schema(schema_generator=SchemaGenerator)
        return self._request_schema

    def response_schema(self) -> JsonSchema:
        """JSON Schema of the result, or of one chunk."""
        return self.response.json_schema(mode="serialization", schema_generator=SchemaGenerator)

    def _hints(self, run: Callable[..., object]) -> dict[str, Any]:
        try:
            return typing.get_type_hints(run, include_extras=True)
        except Exception as error:  # whatever evaluating an author's annotation raises
            raise InvalidSignature(
                f"Endpoint {self.endpoint}: an annotation of run cannot be resolved: {error}.",
                hint="Import the name at the top of the module, outside 'if TYPE_CHECKING' and outside functions.",
                code="unresolved_annotation",
            ) from error

    def _add_field(self, parameter: inspect.Parameter, hints: dict[str, Any], fields: dict[str, Any]) -> None:
        name = parameter.name
        if parameter.kind in _KINDS:
            shown, why = _KINDS[parameter.kind]
            raise InvalidSignature(
                f"Endpoint {self.endpoint}: the parameter {shown.format(name)} of run {why}.",
                hint="Write one annotated parameter for each field of the request.",
                code="unsupported_parameter",
            )
        if name not in hints:
            raise InvalidSignature(
                f"Endpoint {self.endpoint}: the parameter {name} of run has no annotation.",
                hint=f"Say its type: '{name}: str', say.",
                code="unannotated_parameter",
            )
        annotation = self._portable(hints[name], f"the parameter {name}")
        if is_stream(annotation):
            self._refuse(f"the parameter {name}", None, annotation)
        annotation = with_bytes(annotation)
        self._check_type(annotation, f"the parameter {name}")
        if (upload := upload_field(annotation)) is not None:
            self.uploads[name] = upload
        has_default = parameter.default is not inspect.Parameter.empty
        if not name.startswith("_") and not hasattr(BaseModel, name):
            fields[name] = (annotation, parameter.default) if has_default else annotation
            return
        # A model cannot have a field of this name ('json', 'copy', '_x'): its alias can be anything.
        from pydantic import Field

        field = f"parameter_{len(fields)}"
        self._renamed[field] = name
        annotation = typing.Annotated[annotation, Field(alias=name, title=name)]
        fields[field] = (annotation, parameter.default) if has_default else annotation

    def _request_model(self, fields: dict[str, Any]) -> type[BaseModel]:
        title = "".join(part.capitalize() for part in self.endpoint.replace("-", "_").split("_")) + "Request"
        config = ConfigDict(
            extra="forbid", protected_namespaces=(), title=title, allow_inf_nan=False, val_json_bytes="base64"
        )
        try:
            model = create_model(title, __config__=config, **fields)
            make_strict(model)
            return model
        except (PydanticUserError, TypeError, NameError) as error:
            self._refuse("the request", error)

    def _response(self) -> TypeAdapter[Any]:
        if self.answer.kind is AnswerKind.BYTE_STREAM:
            return TypeAdapter(bytes)
        if self.answer.is_binary:
            return TypeAdapter(json_form(self.answer.kind))
        return self._check_type(self._portable(self.answer.item, "the result", bytes_as=BASE64), "the result")

    def _portable(self, annotation: Any, where: str, *, bytes_as: Any = bytes) -> Any:
        try:
            return portable(annotation, bytes_as)
        except Exception as error:  # noqa: BLE001 - whatever taking an author's annotation apart raises
            self._refuse(where, error, annotation)

    def _check_type(self, annotation: Any, where: str) -> TypeAdapter[Any]:
        mode: typing.Literal["serialization", "validation"] = "serialization" if where == "the result" else "validation"
        if stands_for_nothing(annotation):
            self._refuse(where, None, annotation)
        try:
            adapter = TypeAdapter(annotation)
            adapter.json_schema(mode=mode, schema_generator=SchemaGenerator)
        except Exception as error:  # noqa: BLE001 - an author's type makes its schema itself
            self._refuse(where, error, annotation)
        return adapter

    def _refuse(self, where: str, error: Exception | None, annotation: Any = None) -> NoReturn:
        shown = f" {type_name(annotation)}" if annotation is not None else ""
        reason = str(error) if error else ""
        raise InvalidSignature(
            f"Endpoint {self.endpoint}: {where} of run has a type{shown} that JSON cannot carry.",
            hint=hint_for(annotation, is_result=where == "the result", detail=reason),
            code="unsupported_type",
            detail=reason.splitlines()[:6],
        ) from error


def _has_media(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_has_media(each) for each in schema)
    if not isinstance(schema, dict):
        return False
    return (
        schema.get("contentEncoding") == "base64"
        or schema.get("title") == "PixelArray"
        or any(_has_media(each) for each in schema.values())
    )
