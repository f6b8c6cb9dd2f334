# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What replaced tCERs and lCERs that expired, or of which the log asked it, and what is still owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from broker.regime.kyoto import stated_keys
from broker.reports.kyoto import log_notices
from broker.reports.kyoto.history import Event, History, Holder, Lot
from broker.reports.kyoto.stated import stated_last
from broker.reports.snapshot import snapshot
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.codes import WITH_EXPIRY, UnitType
from broker.rulebook.kyoto.tables import NOTICE_TYPES, REPLACEMENT_ROWS, CommitmentPeriod
from itmo.lifecycle import State
from itmo.runtime.db.connection import Connection

_RETIREMENT: Final = 300
_USED: Final = frozenset({_RETIREMENT, *REPLACEMENT_ROWS})
"""Types of account in which temporary units count for compliance."""
_FOR_EXPIRY: Final = frozenset(
    code for code, row in REPLACEMENT_ROWS.items() if not row.same_project
)
"""Types of account of units that replace others because those expire."""
_OF_NOTICE: Final = (4, 5)
"""Types of notice that ask for replacement before units expire."""


@dataclass(frozen=True, slots=True, order=True)
class For:
    """Whose units were to be replaced, and why.

    Attributes:
        party: The Party.
        period: The commitment period in which they expired, or that the notice names; 0: none.
        why: In words.
    """

    party: str
    period: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Units of a Party, of a period, for one reason.

    Attributes:
        required: Used for compliance, and expired or replaced before; or asked for by notices.
        expired_held: Expired in the accounts of holders; they are to be cancelled.
        replaced: In whose place others came.
        cancelled: Cancelled because they had expired, or for notices.
    """

    reason: For
    required: int
    expired_held: int
    replaced: int
    cancelled: int

    @property
    def owed(self) -> int:
        """Units that are still to be replaced or cancelled."""
        return max(self.required + self.expired_held - self.replaced - self.cancelled, 0)


def replacements(connection: Connection, today: date, as_of: datetime | None = None) -> list[Line]:
    """A line for each Party, period and reason, from the record.

    Args:
        connection: The database.
        today: The day after whose eve units have expired.
        as_of: Leave out what was stated or decided later; None: nothing.
    """
    with snapshot(connection):
        periods = stated_last(connection, stated_keys.PERIOD, as_of)
        books = _Books({int(number): each for (number,), each in periods.items()}, today)
        history = History(connection)
        for event in history.events(as_of):
            books.hear(event)
        for holder, lot in history.held():
            books.take(holder, lot)
        for standing in log_notices.standings(connection, today, as_of):
            books.ask(standing)
    return list(books.lines())


class _Books:
    """What was counted, by reason."""

    def __init__(self, periods: dict[int, CommitmentPeriod], today: date) -> None:
        self._periods = periods
        self._today = today
        self._counts: dict[str, Counter[For]] = {
            name: Counter() for name in ("required", "expired_held", "replaced", "cancelled")
        }
        self._into: dict[str, int] = {}
        """The type of account that units of a replacement went into, by transaction."""

    def hear(self, event: Event) -> None:
        if event.type is TransactionType.REPLACEMENT and event.acts:
            self._into[event.transaction_id] = event.taker.account_type
        ended = (
            event.giver.holds and not event.taker.holds and event.taker.account_type not in _USED
        )
        if ended and event.units.attributes.expired(event.at.date()):
            reason = self._expiry(event.giver.party, event.units)
            self._counts["cancelled"][reason] += event.quantity
            self._counts["expired_held"][reason] += event.quantity

    def take(self, holder: Holder, lot: Lot) -> None:
        units = lot.attributes
        if units.unit_type not in WITH_EXPIRY:
            return
        expired = units.expired(self._today)
        reason = self._expiry(holder.party, lot)
        if holder.holds and expired:
            self._counts["expired_held"][reason] += lot.quantity
        if holder.account_type not in _USED:
            return
        for_expiry = self._into.get(units.replaced_by) in _FOR_EXPIRY
        if for_expiry:
            self._counts["replaced"][reason] += lot.quantity
        # What was replaced for another reason is asked for by its notice, and not once more.
        if for_expiry or (expired and not units.replaced_by):
            self._counts["required"][reason] += lot.quantity

    def ask(self, standing: log_notices.Standing) -> None:
        notice = standing.notice
        if notice.type not in _OF_NOTICE:
            return
        reason = For(standing.party, notice.period, NOTICE_TYPES[notice.type].title)
        self._counts["required"][reason] += notice.quantity
        for each in standing.answers:
            if each.state is State.COMPLETED:
                replaced = each.type is TransactionType.REPLACEMENT
                self._counts["replaced" if replaced else "cancelled"][reason] += each.quantity

    def lines(self) -> Iterator[Line]:
        for reason in sorted({each for counts in self._counts.values() for each in counts}):
            counted = {name: counts[reason] for name, counts in self._counts.items()}
            yield Line(reason=reason, **counted)

    def _expiry(self, party: str, lot: Lot) -> For:
        expiry, kind = lot.attributes.expiry, lot.attributes.unit_type or UnitType.TEMPORARY_CER
        found = (
            number
            for number, each in self._periods.items()
            if expiry is not None and each.first_day <= expiry <= each.last_day
        )
        return For(party, next(found, 0), f"expiry of {kind.title}s")
