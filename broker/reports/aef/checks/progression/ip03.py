# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IP03: first transfers are reported as such, by the host, once in a unit's life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from broker.reports.aef.checks.authorizing import events_allowed
from broker.reports.aef.checks.casefile import Entry
from broker.reports.aef.checks.history import order_in_time
from broker.reports.aef.checks.inquiry import Inquiry
from broker.reports.aef.checks.pairing import is_sent
from broker.reports.aef.checks.rolling import SPENDING
from broker.reports.aef.checks.scopes import purposes_needed
from broker.reports.aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
    undetermined,
)
from broker.reports.aef.checks.wording import CITATION, day, ids
from broker.reports.aef.model import ActionRow, ActionSubtype, ActionType
from itmo.parties import MECHANISM_REGISTRY

_FIRST: Final = ActionType.FIRST_TRANSFER
_AT_USE: Final = ActionSubtype.USE_OR_CANCELLATION


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if row.type is _FIRST:
            yield from _by_host_and_once(inquiry, entry, row)
        elif _ought_to_follow_one(inquiry, entry, row):
            yield from _follows_one(inquiry, entry, row)


def _by_host_and_once(inquiry: Inquiry, entry: Entry, row: ActionRow) -> Iterator[Note]:
    host, party = row.first_transferring_party, entry.filed.party
    if not host:
        yield undetermined(
            entry.reference(field="first_transferring_party"),
            "the first transferring Party in this row",
        )
    elif party not in (host, MECHANISM_REGISTRY) and row.subtype is not _AT_USE:
        # Who uses or cancels reports the first transfer that this is, whoever the host may be.
        yield inconsistent(
            entry.reference(f"first transferring Party {host}", "first_transferring_party"),
            f"a first transfer by {party} of units whose first transferring Party is {host}",
            f"a transfer; the first transfer is reported by {host}",
        )
    if not entry.series:
        return
    for other, first in inquiry.file.acting_on(entry, _FIRST):
        if order_in_time(other) < order_in_time(entry):
            yield inconsistent(
                entry.reference(ids(row), "type"),
                f"first transfer on {day(row.date)} of units first transferred on {day(first.date)}",
                "one first transfer in a unit's life",
                other.reference(ids(first), "type"),
            )
            break


def _ought_to_follow_one(inquiry: Inquiry, entry: Entry, row: ActionRow) -> bool:
    if row.first_transferring_party != entry.filed.party:
        return False
    authorized = inquiry.authorizations.own(entry)
    if row.type is ActionType.TRANSFER:
        # Units that are first transferred when they are used may go abroad before.
        at_use = authorized is not None and events_allowed(authorized.row) == {_AT_USE.value}
        return is_sent(entry.filed, row) and not at_use
    if row.type not in SPENDING or not purposes_needed(row):
        return False
    return authorized is not None and authorized.row.first_transfer_definition == _AT_USE.value


def _follows_one(inquiry: Inquiry, entry: Entry, row: ActionRow) -> Iterator[Note]:
    if not entry.series:
        yield undetermined(entry.reference(field="first_id"), "the unit ids of this row")
        return
    before = inquiry.file.acting_on(entry, _FIRST)
    if any(None in (each.date, row.date) or _not_after(each, row) for _, each in before):
        return
    if gap := inquiry.file.gap_before(entry.filed):
        yield undetermined(entry.reference(), gap, found=f"{row.type} of {ids(row)}")
        return
    yield inconsistent(
        entry.reference(f"action type {row.type}", "type"),
        f"{row.type} by the host of {ids(row)}, whose first transfer is not reported",
        "a first transfer of these units no later than this action",
    )


def _not_after(first: ActionRow, row: ActionRow) -> bool:
    return first.date is not None and row.date is not None and first.date <= row.date


CHECK: Final = ConsistencyCheck(
    id="IP03",
    title="First transfers are reported as such",
    group=Group.PROGRESSION,
    meaning="A first transfer is reported as such, by the first transferring Party, once per unit.",
    citation=f"{CITATION}; 2/CMA.3 annex para 2",
    remedy="Report the first transfer, or correct the type of the action.",
    run=_run,
)
