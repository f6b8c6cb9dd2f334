# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IP03: first transfers are reported as such, by the host, once in a unit's life."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from aef.checks.authorizing import only_at_use
from aef.checks.casefile import MOST_OVERLAPS, Entry
from aef.checks.earlier_layout import is_first
from aef.checks.history import order_in_time
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking, without_units
from aef.checks.pairing import is_sent
from aef.checks.rolling import SPENDING
from aef.checks.scopes import purposes_needed
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, day, ids, number
from aef.model import ActionRow, ActionSubtype, ActionType
from itmo.parties import MECHANISM_REGISTRY
from itmo.serial_sets import difference, quantity

_FIRST: Final = ActionType.FIRST_TRANSFER
_AT_USE: Final = ActionSubtype.USE_OR_CANCELLATION


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        by_host = row.first_transferring_party == entry.filed.party
        if row.type is _FIRST:
            yield from _by_host_and_once(inquiry, entry, row)
        elif by_host and _ought_to_follow_one(inquiry, entry, row):
            yield from _follows_one(inquiry, entry, row)
        if not by_host and _is_one(inquiry, entry, row):
            yield from _reported_by_host(inquiry, entry, row)


def _by_host_and_once(inquiry: Inquiry, entry: Entry, row: ActionRow) -> Iterator[Note]:
    host, party = row.first_transferring_party, entry.filed.party
    firsts = inquiry.file.acting_on(entry, _FIRST) if entry.series else []
    if not host:
        yield from lacking(entry, "first_transferring_party")
    elif party not in (host, MECHANISM_REGISTRY):
        # Also where another Party's use or cancellation is the first transfer: each reports its part.
        what = "use or cancellation" if row.subtype is _AT_USE else "transfer"
        yield inconsistent(
            entry.reference(f"first transferring Party {host}", "first_transferring_party"),
            f"a first transfer by {party} of units whose first transferring Party is {host}",
            f"a {what}; the first transfer is reported by {host}",
            *(
                other.reference(ids(first), "type")
                for other, first in firsts[:1]
                if other.filed.party == host
            ),
            alone=True,
            remedy=f"Report it as the {what} that it is for {party}; {host} reports the first transfer.",
        )
        return
    for other, first in firsts:
        if order_in_time(other) < order_in_time(entry) and other.filed.party in (party, host):
            yield inconsistent(
                entry.reference(ids(row), "type"),
                f"first transfer on {day(row.date)} of units first transferred on {day(first.date)}",
                "one first transfer in a unit's life",
                other.reference(ids(first), "type"),
            )
            break


def _ought_to_follow_one(inquiry: Inquiry, entry: Entry, row: ActionRow) -> bool:
    letters = inquiry.authorizations
    versions = letters.versions(entry, letters.own(entry))
    if row.type is ActionType.TRANSFER:
        # Units that are first transferred when they are used may go abroad before.
        return is_sent(entry.filed, row) and not any(only_at_use(each.row) for each in versions)
    if row.type not in SPENDING or not purposes_needed(row):
        return False
    return bool(versions) and all(
        each.row.first_transfer_definition == _AT_USE.value for each in versions
    )


def _follows_one(inquiry: Inquiry, entry: Entry, row: ActionRow) -> Iterator[Note]:
    if not entry.series:
        yield from without_units(entry)
        return
    missing = _not_first_transferred(inquiry, entry, entry.filed.party, row.date)
    if not missing or is_first(row):
        return
    if gap := inquiry.file.gap_before(entry.filed):
        yield undetermined(entry.reference(), gap, found=f"{row.type} of {ids(row)}")
        return
    yield inconsistent(
        entry.reference(f"action type {row.type}", "type"),
        f"{row.type} by the host of {ids(row)}, whose first transfer is not reported"
        f"{_for_some(entry, missing)}",
        "a first transfer of these units no later than this action",
    )


def _is_one(inquiry: Inquiry, entry: Entry, row: ActionRow) -> bool:
    """True for another Party's use or cancellation that is what first transfers the units."""
    if row.type is _FIRST:
        return row.subtype is _AT_USE and entry.filed.party != MECHANISM_REGISTRY
    if row.type not in SPENDING or not purposes_needed(row):
        return False
    letters = inquiry.authorizations
    versions = letters.versions(entry, letters.of_host(entry))
    return bool(versions) and all(only_at_use(each.row) for each in versions)


def _reported_by_host(inquiry: Inquiry, entry: Entry, row: ActionRow) -> Iterator[Note]:
    """Whether the host reports the first transfer that another Party's use or cancellation is."""
    host = row.first_transferring_party
    if not host or not entry.series:
        return
    missing = _not_first_transferred(inquiry, entry, host, None)
    if not missing:
        return
    found = f"{row.type} by {entry.filed.party} of {ids(row)}"
    gap = inquiry.file.gap_until(host, row.date.year if row.date else None)
    theirs = inquiry.file.covering(host, row.date.year) if row.date else None
    if gap or theirs is None:
        yield undetermined(entry.reference(), gap, owner=host, found=found)
        return
    yield inconsistent(
        Reference(theirs, text="table 3"),
        f"{found} is a first transfer that {host} does not report{_for_some(entry, missing)}",
        f"a first transfer of subtype {_AT_USE.value!r} in the AEF of {host}",
        entry.reference(ids(row), "type"),
        alone=True,
    )


def _not_first_transferred(inquiry: Inquiry, entry: Entry, host: str, until: date | None) -> int:
    """How many of a row's units its host does not report as first transferred by a day."""
    firsts = inquiry.file.acting_on(entry, _FIRST)
    if len(firsts) >= MOST_OVERLAPS:
        return 0  # there may be more
    units = [
        (each.series, each.first, each.last)
        for each, first in firsts
        if each.filed.party in (host, MECHANISM_REGISTRY)
        and (first.date is None or until is None or first.date <= until)
    ]
    return quantity(difference([(entry.series, entry.first, entry.last)], units))


def _for_some(entry: Entry, missing: int) -> str:
    return "" if missing == entry.last - entry.first + 1 else f" for {number(missing)} of them"


CHECK: Final = ConsistencyCheck(
    id="IP03",
    title="First transfers are reported as such",
    group=Group.PROGRESSION,
    meaning="A first transfer is reported as such, by the first transferring Party, once per unit.",
    citation=f"{CITATION}; 2/CMA.3 annex para 2",
    remedy="Report the first transfer, or correct the type of the action.",
    run=_run,
)
