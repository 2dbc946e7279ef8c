"""What a replica writes of its requests and calls beside its log; sums since it began.

Any code of a project can write such a file, so nothing in it is taken for granted.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aanad.wire.base import WireModel

FILE_PREFIX = "aana_requests_"
BUCKETS = 282
"""Of a histogram: one for each bound, and one for what is longer."""
Count = Annotated[int, Field(ge=0, le=2**53)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
EndpointName = Annotated[str, Field(pattern=r"^[ -~]{1,256}$")]
"""An endpoint's, or, in parentheses, what is counted beside them."""
Bucket = Annotated[int, Field(ge=0, lt=BUCKETS)]


class SeriesCounts(WireModel):
    """One endpoint's requests, or one deployment's calls."""

    outcomes: dict[Name, Count] = Field(max_length=100)
    """By HTTP status, or by ``ok`` and the error's code."""
    buckets: dict[Bucket, Count]
    """By the bucket's index; see `aanad.core.latency`."""
    sum_s: float = Field(ge=0, allow_inf_nan=False)
    ongoing: Count = 0
    queued: Count = 0


class SentCounts(SeriesCounts):
    """Calls that a replica sent to a deployment."""

    project: Name
    deployment: Name
    is_followed: bool | None = None
    """Whether the deployment's replicas count as well; None where the caller does not know."""


class ReplicaCounts(WireModel):
    """The whole file."""

    version: Literal[1]
    project: Name
    deployment: Name
    replica: Name
    is_last: bool
    """Whether the replica has ended in order, and nothing more will come."""
    endpoints: dict[EndpointName, SeriesCounts] = Field(max_length=1000)
    served: SeriesCounts | None
    sent: list[SentCounts] = Field(max_length=1000)

    @property
    def file_name(self) -> str:
        """What the file must be called."""
        return f"{FILE_PREFIX}{self.project}_{self.deployment}_{self.replica}.json"
