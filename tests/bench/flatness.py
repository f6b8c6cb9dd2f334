# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what was looked at again and again stayed as it was: a line is fitted, its rise is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression
from typing import Final

WARM_UP: Final = 0.25
"""Part of the samples that is left out: caches fill, allocators find their size."""


@dataclass(frozen=True, slots=True)
class Bound:
    """By how much something may rise from the first to the last sample that counts.

    Attributes:
        least: In its own unit: what comes and goes is never quite flat.
        share: Of its mean, where that is more.
    """

    least: float
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Rise:
    """How one figure fared."""

    name: str
    first: float
    last: float
    mean: float
    highest: float
    rise: float
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether it rose by no more than it may."""
        return self.rise <= self.allowed


def rises(
    samples: Sequence[tuple[float, Mapping[str, float]]], bounds: Mapping[str, Bound]
) -> list[Rise]:
    """Fits a line through each figure.

    Args:
        samples: Seconds and figures, in their order; at least three of them have to count.
        bounds: By the name of the figure; what has none is not judged.
    """
    counted = samples[int(len(samples) * WARM_UP) :]
    times = [at for at, _ in counted]
    found = []
    for name, bound in bounds.items():
        values = [figures[name] for _, figures in counted]
        mean = fmean(values)
        found.append(
            Rise(
                name=name,
                first=values[0],
                last=values[-1],
                mean=mean,
                highest=max(values),
                rise=linear_regression(times, values).slope * (times[-1] - times[0]),
                allowed=max(bound.least, bound.share * mean),
            )
        )
    return found
