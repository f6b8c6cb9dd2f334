# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs that end under the Kyoto Protocol as units of this rulebook begin: looked at, never changed."""

from __future__ import annotations

from dataclasses import dataclass

from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCers:
    """Units that end, all alike.

    Attributes:
        party: Their host, by the registry under which they are numbered.
        range: Their serials.
        unit_type: By the code that serials carry; 0: they are no units of the Kyoto Protocol.
        original_period: Commitment period of their issuance.
        applicable_period: Commitment period in which they are valid.
        activity: Land-use activity, 0 for none.
        project: Number of the activity in its host country.
        registered_on: When that was registered, yyyy-mm-dd; empty: nobody said.
    """

    party: str
    range: SerialRange
    unit_type: int = 0
    original_period: int = 0
    applicable_period: int = 0
    activity: int = 0
    project: int = 0
    registered_on: str = ""
