# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what a unit needs first has come first: authorization, acquisition."""

from __future__ import annotations

from collections.abc import Iterator

from aef.checks.casefile import Entry
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking, without_units
from aef.checks.scopes import not_stated, without_authorization
from aef.checks.states import Note, inconsistent, undetermined
from aef.checks.wording import day, ids
from aef.model import ActionRow, ActionType


def authorized_before(inquiry: Inquiry, entry: Entry, row: ActionRow) -> Iterator[Note]:
    """Whether the host authorized the units no later than the action."""
    authorized = inquiry.authorizations.of_host(entry)
    if authorized is None:
        yield from without_authorization(inquiry, entry)
        return
    since = inquiry.authorizations.since(authorized)
    if row.date is None:
        yield from lacking(entry, "date")
    elif since is None:
        yield not_stated(entry, authorized, "date")
    elif since > row.date:
        yield inconsistent(
            entry.reference(f"action date {day(row.date)}", "date"),
            f"{row.type} on {day(row.date)}, before the authorization of {day(since)}",
            "an action on or after the date of its authorization",
            authorized.reference("date"),
        )


def acquired_before(inquiry: Inquiry, entry: Entry, row: ActionRow) -> Iterator[Note]:
    """Whether a Party that is not the host acquired the units no later than the action."""
    filed = entry.filed
    if row.first_transferring_party in ("", filed.party):
        return
    if not entry.series:
        yield from without_units(entry)
        return
    acquired = [
        (other, acquisition)
        for other, acquisition in inquiry.file.acting_on(entry, ActionType.ACQUISITION)
        if other.filed.party == filed.party
    ]
    if not acquired:
        if gap := inquiry.file.gap_before(filed):
            yield undetermined(entry.reference(), gap, found=f"{row.type} of {ids(row)}")
            return
        yield inconsistent(
            entry.reference(ids(row), "first_id"),
            f"{row.type} by {filed.party} of units that it never acquired",
            "an acquisition before",
        )
        return
    dates = [acquisition.date for _, acquisition in acquired if acquisition.date]
    if dates and row.date and min(dates) > row.date:
        other, acquisition = min(acquired, key=lambda each: each[1].date or min(dates))
        yield inconsistent(
            entry.reference(f"action date {day(row.date)}", "date"),
            f"{row.type} on {day(row.date)}, before the acquisition of {day(acquisition.date)}",
            "an action on or after the acquisition",
            other.reference(f"action date {day(acquisition.date)}", "date"),
        )
