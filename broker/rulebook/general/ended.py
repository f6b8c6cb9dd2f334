# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that end in a transition, as the rulebook under which they end tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedUnits:
    """Units that are alike and end as others begin.

    Attributes:
        registry: Where they originate.
        range: Their serials.
        attributes: What they are, in the words in which verdicts say it.
        said: What else their rulebook tells, by names that it chose.
    """

    registry: str
    range: SerialRange
    attributes: object
    said: Mapping[str, str] = field(default_factory=dict)
