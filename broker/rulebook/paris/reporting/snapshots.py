# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holdings that a registry states at a cut-off, compared with those that are booked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from itmo.serial_sets import Range, merged

Holding = tuple[str, str, int, int]
"""Account, originating registry, first and last serial number."""


def holdings_digest(holdings: Iterable[Holding]) -> bytes:
    """SHA-256 over holdings in canonical form: one line per account and range, merged and sorted.

    Both sides compute it over their own books; how either stores its blocks does not matter.
    """
    by_account: dict[str, list[Range]] = {}
    for account, registry, first, last in holdings:
        by_account.setdefault(account, []).append((registry, first, last))
    lines = [
        f"{account} {registry} {first} {last}\n"
        for account in sorted(by_account)
        for registry, first, last in merged(by_account[account])
    ]
    return hashlib.sha256("".join(lines).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The latest reconciliation of a registry that shares its holdings.

    Attributes:
        party: The Party that the registry belongs to.
        cut_off: The moment for which both digests were made; None where none was stated yet.
        stated: Digest of the registry's own books; None where it stated none.
        booked: Digest of the clearing-house's books.
        every: How often the Party chose to reconcile (7/CMA.4 synthesis report, para 15); None: not
            at all.
        now: When this is judged.
    """

    registry: str
    party: str
    cut_off: datetime | None
    stated: bytes | None
    booked: bytes
    every: timedelta | None
    now: datetime
