"""What JSON has no type for and is written as a string: dates, durations, UUIDs, decimals, paths, addresses."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import AnyUrl, AwareDatetime, Field, FutureDate, HttpUrl, SecretStr

from tests.serving.signature_table.row import Parameter

ID = UUID("12345678-1234-5678-1234-567812345678")
DATE, MOMENT = "a date such as 2026-01-31", "a date and time such as 2026-01-31T12:00:00Z"

ROWS = [
    Parameter(
        "date",
        date,
        {"type": "string", "format": "date"},
        accepts=[('"2026-01-31"', date(2026, 1, 31))],
        refuses=[
            ('"31.01.2026"', "", f"must be {DATE}"),
            ('"2026-02-30"', "", f"must be {DATE}"),
            ("17", "", f"must be {DATE}, not a number"),
        ],
    ),
    Parameter(
        "datetime",
        datetime,
        {"type": "string", "format": "date-time"},
        accepts=[('"2026-01-31T12:00:00Z"', datetime(2026, 1, 31, 12, tzinfo=UTC))],
        refuses=[("1769860800", "", f"must be {MOMENT}, not a number"), ('"noon"', "", f"must be {MOMENT}")],
    ),
    Parameter(
        "AwareDatetime",
        AwareDatetime,
        {"type": "string", "format": "date-time"},
        accepts=[('"2026-01-31T12:00:00+00:00"', datetime(2026, 1, 31, 12, tzinfo=UTC))],
        refuses=[('"2026-01-31T12:00:00"', "", "must say its time zone, with a Z or +02:00 at its end")],
    ),
    Parameter(
        "FutureDate",
        FutureDate,
        {"type": "string", "format": "date"},
        accepts=[('"2999-12-31"', date(2999, 12, 31))],
        refuses=[('"1999-12-31"', "", "must be in the future")],
    ),
    Parameter(
        "time",
        time,
        {"type": "string", "format": "time"},
        accepts=[('"12:30:00"', time(12, 30))],
        refuses=[
            ('"25:00"', "", "must be a time such as 12:30:00"),
            ("3600", "", "must be a time such as 12:30:00, not a number"),
        ],
    ),
    Parameter(
        "timedelta",
        timedelta,
        {"type": "string", "format": "duration"},
        accepts=[('"PT1M30S"', timedelta(seconds=90))],
        refuses=[
            ("1.5", "", "must be a duration such as PT1M30S, not a decimal number"),
            ('"soon"', "", "must be a duration such as PT1M30S"),
        ],
    ),
    Parameter(
        "UUID",
        UUID,
        {"type": "string", "format": "uuid"},
        accepts=[(f'"{ID}"', ID)],
        refuses=[('"1234"', "", "must be a UUID"), ("1", "", "must be a UUID, not a number")],
    ),
    Parameter(
        "Decimal",
        Decimal,
        {"anyOf": [{"type": "number"}, {"type": "string"}]},
        accepts=[('"1.10"', Decimal("1.10")), ("2", Decimal(2))],
        refuses=[
            ('"one"', "", "must be a number, or a string with one"),
            ("true", "", "must be a number, or a string with one, not a boolean"),
            ('"NaN"', "", "must be a finite number"),
        ],
    ),
    Parameter(
        "Decimal with digits",
        Annotated[Decimal, Field(max_digits=4, decimal_places=2)],
        {"anyOf": [{"type": "number"}, {"type": "string"}]},
        accepts=[('"12.34"', Decimal("12.34"))],
        refuses=[
            ('"1.234"', "", "must have at most 2 digits after the point"),
            ('"12345"', "", "must have at most 4 digits"),
        ],
    ),
    Parameter(
        "Path",
        Path,
        {"type": "string", "format": "path"},
        accepts=[('"a/b.txt"', Path("a/b.txt"))],
        refuses=[("1", "", "must be a string, not a number")],
    ),
    Parameter(
        "AnyUrl",
        AnyUrl,
        {"type": "string", "format": "uri", "minLength": 1},
        accepts=[('"ftp://box/a"', AnyUrl("ftp://box/a"))],
        refuses=[('"box"', "", "must be a URL such as https://example.com/a")],
    ),
    Parameter(
        "HttpUrl",
        HttpUrl,
        {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083},
        accepts=[('"https://box/a"', HttpUrl("https://box/a"))],
        refuses=[
            ('"ftp://box/a"', "", "must be a URL that begins with 'http' or 'https'"),
            ("null", "", "must be a URL such as https://example.com/a, not null"),
        ],
    ),
    Parameter(
        "IPv4Address",
        IPv4Address,
        {"type": "string", "format": "ipv4"},
        accepts=[('"10.0.0.1"', IPv4Address("10.0.0.1"))],
        refuses=[('"10.0.0"', "", "must be an IPv4 address")],
    ),
    Parameter(
        "SecretStr",
        SecretStr,
        {"type": "string", "format": "password", "writeOnly": True},
        accepts=[('"key"', SecretStr("key"))],
        refuses=[("1", "", "must be a string, not a number")],
    ),
    Parameter(
        "re.Pattern",
        re.Pattern[str],
        {"type": "string", "format": "regex"},
        accepts=[('"a+"', re.compile("a+"))],
        refuses=[('"("', "", "must be a string with a regular expression")],
    ),
]
