# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Sums over rows: what came in, what went out, what is held, by whatever is reconciled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aef.checks.authorizing import classification
from aef.checks.casefile import CaseFile, Entry
from aef.checks.filed import Filed
from aef.checks.inquiry import Inquiry
from aef.checks.pairing import is_sent, own_metric, quantity_of
from aef.checks.rolling import Move, Roll
from aef.checks.wording import listed, number
from aef.model import ActionRow, ActionSubtype, ActionType

OPENING, AUTHORIZED, ACQUIRED = "held before", "authorized", "acquired"
TRANSFERRED, SPENT, HELD = "transferred", "used or cancelled", "held"
_COMING = (OPENING, AUTHORIZED, ACQUIRED)


@dataclass(slots=True)
class Balance:
    """Both sides of a reconciliation, and the first row that went into it."""

    sums: Counter[str] = field(default_factory=Counter)
    first: Entry | None = None
    filed: set[Filed] = field(default_factory=set)

    def add(self, what: str, entry: Entry, quantity: int) -> None:
        """Adds a row's quantity."""
        self.sums[what] += quantity
        self.first = self.first or entry
        self.filed.add(entry.filed)

    @property
    def difference(self) -> int:
        """What came in less what became of it."""
        coming = sum(self.sums[what] for what in _COMING)
        return coming - sum(self.sums[what] for what in (TRANSFERRED, SPENT, HELD))

    def text(self) -> str:
        """Both sides in figures."""
        coming = " + ".join(f"{what} {number(self.sums[what])}" for what in _COMING)
        going = " + ".join(
            f"{what} {number(self.sums[what])}" for what in (TRANSFERRED, SPENT, HELD)
        )
        return f"{coming}; {going}"


def parts(roll: Roll, case: CaseFile) -> Iterator[tuple[str, Entry, int]]:
    """Every amount of a Party's year and what it is."""
    for entry in roll.opening:
        yield OPENING, entry, quantity_of(entry.row)
    for entry, row in case.of_filed[roll.filed]:
        move = roll.move(entry, row)
        if move is Move.NONE or entry in roll.spent_twice or entry in roll.elsewhere:
            continue
        quantity = quantity_of(row)
        if move is Move.IN:
            yield (ACQUIRED if row.type is ActionType.ACQUISITION else AUTHORIZED), entry, quantity
            continue
        yield (TRANSFERRED if _leaves(roll, entry, row) else SPENT), entry, quantity
        if (born := roll.from_authorization.get(entry)) is not None:
            # Whole rows nearly always; of a row partly held before, the part that was not.
            whole = row.span is None or born == row.span.quantity
            yield AUTHORIZED, entry, quantity if whole else born
        elif not entry.series and row.first_transferring_party == roll.filed.party:
            yield AUTHORIZED, entry, quantity
    for entry in roll.holdings:
        yield HELD, entry, quantity_of(entry.row)


def _leaves(roll: Roll, entry: Entry, row: ActionRow) -> bool:
    international = roll.events.get(entry) is ActionSubtype.FIRST_INTERNATIONAL
    return row.type is ActionType.TRANSFER or is_sent(roll.filed, row) or international


def miscounted(entry: Entry) -> bool:
    """True for a row whose ids are not as many as its quantity.

    In t CO2 eq a unit is one tonne (2/CMA.3 annex para 1(c)): ids and quantity count the same.
    """
    row = entry.row
    if not entry.series or row.quantity is None or own_metric(row) or row.span is None:
        return False
    return row.span.quantity != row.quantity


def unfit(inquiry: Inquiry, submissions: Iterable[Filed]) -> Filed | None:
    """The first of these submissions whose own rows do not add up; a sum over Parties waits for it."""
    return next((each for each in submissions if _unfit(inquiry, each)), None)


def _unfit(inquiry: Inquiry, filed: Filed) -> bool:
    if filed not in inquiry.unfit:
        rows = (entry for entry, _ in inquiry.file.of_filed[filed])
        balances = by_bucket(inquiry, inquiry.rolls[filed]).values()
        inquiry.unfit[filed] = any(each.difference for each in balances) or any(
            map(miscounted, (*rows, *inquiry.file.held_at_end[filed]))
        )
    return inquiry.unfit[filed]


Bucket = tuple[str, str, str]
"""Metric, sectors, activity types, as texts."""


def bucket_of(inquiry: Inquiry, entry: Entry) -> Bucket:
    """What a row is reconciled by."""
    sectors, activities = classification(inquiry.authorizations, entry)
    metric = " ".join(filter(None, (entry.row.metric, own_metric(entry.row))))
    return metric, listed(sectors), listed(activities)


def by_bucket(inquiry: Inquiry, roll: Roll) -> dict[Bucket, Balance]:
    """A Party's year by metric, sector and activity type."""
    found: dict[Bucket, Balance] = defaultdict(Balance)
    for what, entry, quantity in parts(roll, inquiry.file):
        found[bucket_of(inquiry, entry)].add(what, entry, quantity)
    return found
