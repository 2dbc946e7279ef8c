"""The buckets of durations: the preferred numbers R40 of ISO 3, 40 a decade, from 0.1 ms to 1000 s.

Neighbours differ by at most 7.2 %, so a percentile that is interpolated inside its bucket is off by no more than that.
The usual bounds of Prometheus (1, 2.5, 5, 10 …) are among them, so those counts are exact.
"""

from __future__ import annotations

R40 = (
    1.0, 1.06, 1.12, 1.18, 1.25, 1.32, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.12, 2.24, 2.36, 2.5, 2.65, 2.8, 3.0,
    3.15, 3.35, 3.55, 3.75, 4.0, 4.25, 4.5, 4.75, 5.0, 5.3, 5.6, 6.0, 6.3, 6.7, 7.1, 7.5, 8.0, 8.5, 9.0, 9.5,
)  # fmt: skip
BOUNDS_S: tuple[float, ...] = (
    *(float(f"{number:g}e{exponent}") for exponent in range(-4, 3) for number in R40),
    1000.0,
)
"""Upper bounds, each of which belongs to its bucket; what is longer goes to one more bucket."""
