"""Reception: endpoints with limits and hooks, and routers beside them; used by tests."""

from aanad.sdk import AanaSDK

from .deployments import Clerk
from .endpoints import BadgeEndpoint, CallsEndpoint, DeskEndpoint, WaitEndpoint, check_badge, count_visit
from .routers import house, visitors

aana_app = AanaSDK(name="reception")

aana_app.register_deployment(name="clerk", instance=Clerk)

aana_app.register_endpoint(
    name="desk",
    path="/desk",
    summary="One at a time",
    endpoint_cls=DeskEndpoint,
    description="Stays until the clerk lets go.\nOne more may wait.",
    tags=["desk"],
    max_concurrent=1,
    max_queued=1,
)
aana_app.register_endpoint(
    name="wait", path="/wait", summary="Too long", endpoint_cls=WaitEndpoint, tags=["desk"], timeout_s=0.5
)
aana_app.register_endpoint(
    name="calls", path="/calls", summary="A stream that is too long", endpoint_cls=CallsEndpoint, timeout_s=1
)
aana_app.register_endpoint(
    name="badge",
    path="/badge",
    summary="Only with a badge",
    endpoint_cls=BadgeEndpoint,
    before=[check_badge],
    after=[count_visit],
)

aana_app.register_router(visitors, prefix="/visitors")
aana_app.register_router(house, prefix="/house")
