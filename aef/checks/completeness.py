# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who has to have filed before sums over a cooperative approach mean anything."""

from __future__ import annotations

from collections import defaultdict

from aef.checks.filed import Filed
from aef.checks.inquiry import Inquiry
from aef.checks.pairing import sender_of


def parties_named(inquiry: Inquiry) -> dict[str, set[str]]:
    """By cooperative approach, the Parties that rows name.

    A participant that no row names has no part in these sums: what it acquired, another Party
    transferred to it.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for entry in inquiry.file.entries:
        found[entry.row.cooperative_approach].update(
            (entry.filed.party, entry.row.first_transferring_party)
        )
    for _, row in inquiry.file.actions:
        found[row.cooperative_approach].update((row.acquiring_party, sender_of(row)))
    return {approach: _reporting(inquiry, approach, names) for approach, names in found.items()}


def _reporting(inquiry: Inquiry, approach: str, named: set[str]) -> set[str]:
    known = inquiry.file.context.approaches.get(approach)
    if known is not None and known.complete:
        # A name that is no participant's is a matter for II01, not a report to wait for.
        return named & (known.parties | set(inquiry.file.by_party))
    return named - {""}


def filed_on(inquiry: Inquiry) -> dict[str, list[Filed]]:
    """By cooperative approach, the submissions that have rows on it."""
    found: dict[str, dict[Filed, None]] = defaultdict(dict)
    for entry in inquiry.file.entries:
        found[entry.row.cooperative_approach][entry.filed] = None
    return {approach: list(filed) for approach, filed in found.items()}


def reports_missing(inquiry: Inquiry, parties: set[str], filed: list[Filed]) -> list[str]:
    """Which reports of these Parties are missing, up to the last year of the submissions given."""
    last = max((each.years[1] for each in filed if each.years), default=None)
    file = inquiry.file
    found = []
    for party in sorted(parties):
        gap = "" if last and file.silent(party, last) else file.gap_until(party, last)
        # The mechanism registry is no Party: Parties with accounts in it report its units.
        if gap and party != "XMR" and len(party) == 3:  # noqa: PLR2004  # alpha-3
            found.append(gap)
    return found
