# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an authorization lets happen to units: purposes and time frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aef.checks.authorizing import Authorized
from aef.checks.casefile import Entry
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking, missing_value
from aef.checks.states import Note, Reference, inconsistent, undetermined
from aef.checks.wording import cell
from aef.list_values import purposes_text
from aef.model import ActionRow, ActionSubtype, ActionType

NDC, IMP, OP = "NDC", "IMP", "OP"
_OTHER_PURPOSES = frozenset({IMP, OP})
_BY_DEFINITION = frozenset(
    {ActionSubtype.AUTHORIZATION, ActionSubtype.ISSUANCE, ActionSubtype.USE_OR_CANCELLATION}
)
_FOR_OVERALL_MITIGATION = frozenset(
    {ActionSubtype.MANDATORY_OMGE, ActionSubtype.VOLUNTARY_OMGE, ActionSubtype.OTHER_CANCELLATION}
)


def towards_ndc(row: ActionRow) -> bool:
    """True for a use towards an NDC; one for other purposes names the purpose or an entity."""
    return row.type is ActionType.USE and (
        row.year_of_use is not None or not (row.oimp_purpose or row.using_entity)
    )


def for_nobodys_account(row: ActionRow) -> bool:
    """True for a cancellation that serves no Party and no other international mitigation purpose."""
    return row.type is ActionType.VOLUNTARY_CANCELLATION or (
        row.type is ActionType.CANCELLATION and row.subtype in _FOR_OVERALL_MITIGATION
    )


def purposes_needed(row: ActionRow) -> frozenset[str]:
    """Purposes of which the authorization must have one; none where any will do."""
    if row.type is ActionType.USE:
        return frozenset({NDC}) if towards_ndc(row) else frozenset({IMP})
    if row.type is ActionType.CANCELLATION and row.subtype not in _FOR_OVERALL_MITIGATION:
        return frozenset({OP}) if row.oimp_purpose or row.using_entity else frozenset()
    if row.type is ActionType.FIRST_TRANSFER and row.subtype in _BY_DEFINITION:
        return _OTHER_PURPOSES
    return frozenset()


def outside_scope(entry: Entry, row: ActionRow, authorized: Authorized) -> Iterator[Note]:
    """How an action goes beyond its authorization."""
    needed, terms = purposes_needed(row), authorized.row
    if needed and not terms.purposes:
        yield not_stated(entry, authorized, "purposes")
    elif needed and not needed & terms.purposes:
        yield inconsistent(
            entry.reference(f"{row.type} {row.subtype or ''}".rstrip(), "type"),
            f"{row.type} for {' or '.join(sorted(needed))} of units authorized for"
            f" {terms.written.get('purposes') or purposes_text(terms.purposes)}",
            "an action within the authorized purposes",
            authorized.reference("purposes"),
        )
    if "time_frame" in terms.written and terms.time_frame is terms.use_time_frame is None:
        yield not_stated(entry, authorized, "time_frame")
    if terms.time_frame and row.vintage and not _within(row.vintage, terms.time_frame):
        yield inconsistent(
            entry.reference(f"vintage {row.vintage}", "vintage"),
            f"vintage {row.vintage}, authorized for {_frame(terms.time_frame)}",
            "a vintage in the authorized time frame",
            authorized.reference("time_frame"),
        )
    used = row.year_of_use
    if terms.use_time_frame and used and not _within(used, terms.use_time_frame):
        yield inconsistent(
            entry.reference(f"year of use {used}", "year_of_use"),
            f"use for {used}, authorized for {_frame(terms.use_time_frame)}",
            "a year of use in the authorized time frame",
            authorized.reference("time_frame"),
        )


def _within(year: int, frame: tuple[int, int]) -> bool:
    return frame[0] <= year <= frame[1]


def _frame(frame: tuple[int, int]) -> str:
    return f"{frame[0]} to {frame[1]}"


def without_authorization(inquiry: Inquiry, entry: Entry, *, wrong: bool = True) -> Iterator[Note]:
    """What it means that the host's authorization of a row is nowhere.

    Args:
        inquiry: The round of checks.
        entry: The row.
        wrong: Whether to name one that no table 2 has is a contradiction, or leaves something open.
    """
    host, row = entry.row.first_transferring_party, entry.row
    named = f"authorization {cell(row.authorization_id)}"
    if empty := list(lacking(entry, "first_transferring_party", "authorization_id")):
        yield from empty
    elif gap := inquiry.file.gap_until(host, entry.on.year if entry.on else None):
        yield undetermined(entry.reference(named, "authorization_id"), gap, owner=host, found=named)
    elif wrong:
        yield inconsistent(
            entry.reference(named, "authorization_id"),
            f"{named}; {host} reports none for these units",
            "the id of an authorization in table 2 of the first transferring Party",
            Reference(inquiry.file.by_party[host][-1], text="table 2 does not have it"),
        )
    else:
        yield undetermined(
            entry.reference(named, "authorization_id"), f"{named} in table 2 of {host}"
        )


def not_stated(entry: Entry, authorized: Authorized, field: str) -> Note:
    """An authorization that stands behind a row does not tell what is needed for it."""
    terms = authorized.row
    missing = missing_value("authorizations", field, empty=field not in terms.written)
    here = authorized.reference(field)
    others = () if authorized.filed is entry.filed else (entry.reference(),)
    note = undetermined(here, missing, *others, found=here.text)
    return replace(note, about=(entry.filed,))
