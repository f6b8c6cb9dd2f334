# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""II02: an action of a unit is reported once over all tables and Parties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from aef.checks.casefile import CaseFile, Entry
from aef.checks.history import order_in_time
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking
from aef.checks.rolling import SPENDING
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, day, ids
from aef.model import ActionRow, ActionSubtype, ActionType

_WAY_BACK: Final = {
    ActionType.TRANSFER: (ActionType.ACQUISITION,),
    ActionType.ACQUISITION: (ActionType.TRANSFER, ActionType.FIRST_TRANSFER),
}
"""Between two equal actions on one day, the units must have come back or gone again."""


def _key(entry: Entry, row: ActionRow) -> tuple[object, ...]:
    units: tuple[object, ...] = (row.first_id, row.last_id)
    if entry.series:
        units = (entry.series, entry.first, entry.last)
    return (row.date, row.type, row.subtype, row.registry, units)


def _went_back(case: CaseFile, entry: Entry, row: ActionRow) -> bool:
    types = _WAY_BACK.get(row.type, ()) if row.type else ()
    return any(
        back.date == row.date and other.filed.party == entry.filed.party
        for other, back in case.acting_on(entry, *types)
    )


def _repeated(case: CaseFile) -> Iterator[Note]:
    seen: dict[tuple[object, ...], list[tuple[Entry, ActionRow]]] = defaultdict(list)
    for entry, row in case.actions:
        if row.type is None or row.date is None or not (row.first_id or entry.series):
            yield from lacking(entry, "type", "date", "first_id")
            continue
        listed = seen[_key(entry, row)]
        same = next(
            (one for one in listed if one[1].time is None or row.time in (None, one[1].time)), None
        )
        if same is None:
            listed.append((entry, row))
        elif entry.series and _went_back(case, entry, row):
            yield undetermined(
                entry.reference(),
                "the times of two equal actions of one day, between which the units came back",
            )
        else:
            yield inconsistent(
                entry.reference(f"{row.type} of {ids(row)}"),
                f"{row.type} of {ids(row)} on {day(row.date)} is reported twice",
                "each action once, over all tables and Parties",
                same[0].reference(f"{same[1].type} of {ids(same[1])}"),
            )


def _spends(row: ActionRow) -> bool:
    at_use = row.subtype is ActionSubtype.USE_OR_CANCELLATION
    return row.type in SPENDING or (row.type is ActionType.FIRST_TRANSFER and at_use)


def _one_event(entry: Entry, row: ActionRow, other: Entry, spent: ActionRow) -> bool:
    """True for a use or cancellation and the first transfer that it is, in a row of its own.

    Where the user is not the host, each reports its part; the host names the user.
    """
    first, user = (row, other) if row.type is ActionType.FIRST_TRANSFER else (spent, entry)
    return (
        (row.type is ActionType.FIRST_TRANSFER) != (spent.type is ActionType.FIRST_TRANSFER)
        and (entry.filed is other.filed or first.using_party == user.filed.party)
        and row.date == spent.date
    )


def _spent_again(case: CaseFile) -> Iterator[Note]:
    for entry, row in case.actions:
        if not _spends(row) or not entry.series:
            continue
        for other, spent in case.acting_on(entry, *SPENDING, ActionType.FIRST_TRANSFER):
            if (
                _spends(spent)
                and order_in_time(other) < order_in_time(entry)
                and _key(other, spent) != _key(entry, row)
                and not _one_event(entry, row, other, spent)
            ):
                yield inconsistent(
                    entry.reference(f"{row.type} of {ids(row)}"),
                    f"{row.type} on {day(row.date)} of units of which {other.filed.party} reports"
                    f" {spent.type} on {day(spent.date)}",
                    "each unit used or cancelled once, by one Party",
                    other.reference(f"{spent.type} of {ids(spent)}"),
                )
                break


def _run(inquiry: Inquiry) -> Iterator[Note]:
    yield from _repeated(inquiry.file)
    yield from _spent_again(inquiry.file)


CHECK: Final = ConsistencyCheck(
    id="II02",
    title="Each action reported once",
    group=Group.INTEGRITY,
    meaning="The same action of a unit is reported once over all tables and Parties.",
    citation=CITATION,
    remedy="Strike the repeated row; where both happened, give the times of both actions.",
    run=_run,
)
