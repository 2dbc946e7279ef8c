"""Studio: an endpoint for each kind of answer; used by tests and benchmarks."""

from aanad.sdk import AanaSDK

from .endpoints import (
    ArrayEndpoint,
    AudioEndpoint,
    BytesEndpoint,
    CaptionedEndpoint,
    CountEndpoint,
    FileEndpoint,
    MaybeEndpoint,
    PathEndpoint,
    PictureEndpoint,
    PixelsEndpoint,
    RadioEndpoint,
    VideoEndpoint,
)

aana_app = AanaSDK(name="studio")

aana_app.register_endpoint(name="picture", path="/picture", summary="A PIL image", endpoint_cls=PictureEndpoint)
aana_app.register_endpoint(name="array", path="/array", summary="An array", endpoint_cls=ArrayEndpoint)
aana_app.register_endpoint(name="pixels", path="/pixels", summary="Pixels as JSON", endpoint_cls=PixelsEndpoint)
aana_app.register_endpoint(name="maybe", path="/maybe", summary="An image or nothing", endpoint_cls=MaybeEndpoint)
aana_app.register_endpoint(
    name="captioned", path="/captioned", summary="An image in JSON", endpoint_cls=CaptionedEndpoint
)
aana_app.register_endpoint(name="tone", path="/tone", summary="A sine tone", endpoint_cls=AudioEndpoint)
aana_app.register_endpoint(name="clip", path="/clip", summary="A short video", endpoint_cls=VideoEndpoint)
aana_app.register_endpoint(name="speech", path="/speech", summary="Bytes with a type", endpoint_cls=BytesEndpoint)
aana_app.register_endpoint(name="path", path="/path", summary="A file by its path", endpoint_cls=PathEndpoint)
aana_app.register_endpoint(name="file", path="/file", summary="A file with a name", endpoint_cls=FileEndpoint)
aana_app.register_endpoint(
    name="count",
    path="/count",
    summary="Stream numbers",
    endpoint_cls=CountEndpoint,
    description="Counts **slowly**, and fails where it is told to.",
    tags=["streams"],
)
aana_app.register_endpoint(
    name="radio", path="/radio", summary="Stream bytes", endpoint_cls=RadioEndpoint, tags=["streams"]
)
