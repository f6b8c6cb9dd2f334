# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Entries of the adjustment ledger with the transactions behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Final

from sqlalchemy import and_, bindparam, func, literal_column, or_, select

from broker.adjustments.entries import Entry
from broker.regime.paris.adjustments.booked import entry_of
from broker.regime.paris.adjustments.summary import Counted, Role
from broker.regime.paris.reading import stated_attributes
from broker.reports.snapshot import until
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.bookings import EntryKind, PlannedEntry
from broker.store import schema as s
from broker.store.decoding import Row
from itmo.clock import from_ms
from itmo.identifiers import PartyCode, RegistryId
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import Read
from itmo.runtime.db.statement import Statement, some
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedEntry:
    """An entry and what made it: additions positive.

    Attributes:
        role: What it is in the structured summary.
        year: The calendar year adjusted.
        counted_year: The year of first transfer, also of one that it reverses; or of use.
        cooperative_approach: As the units were issued.
        authorization: Under which the units were issued.
        outside_ndc_scope: The mitigation lies outside the scope of the host's NDC.
        cer: The units are certified emission reductions.
        type: What the transaction does; None where the record lacks it.
        from_account, to_account: Who gave the units to whom.
    """

    entry_id: int
    kind: EntryKind
    role: Role
    party: str
    year: int
    counted_year: int
    quantity: int
    metric: str
    registry: str
    first: int
    last: int
    cooperative_approach: str
    authorization: str
    outside_ndc_scope: bool
    cer: bool
    transaction_id: str
    type: TransactionType | None
    from_account: str
    from_registry: str
    to_account: str
    to_registry: str
    log_index: int
    booked_at: datetime

    @property
    def counted(self) -> Counted:
        """The entry as the arithmetic takes it."""
        return Counted(
            entry=self.entry,
            role=self.role,
            outside_scope=self.outside_ndc_scope,
            cer=self.cer,
        )

    @property
    def entry(self) -> Entry:
        """The entry without what is around it."""
        planned = PlannedEntry(
            party=PartyCode(self.party),
            year=self.year,
            quantity=self.quantity,
            kind=self.kind,
            metric=self.metric,
            registry=RegistryId(self.registry),
            range=SerialRange(self.first, self.last),
        )
        return entry_of(planned, self.counted_year)


@dataclass(frozen=True, slots=True)
class _Joined:
    """An entry with its transaction, the block it is of and the transaction that it undoes."""

    entry_id: int
    kind: EntryKind
    party: str
    year: int
    amount: int
    credit: str
    metric: str
    registry: str
    first: int
    last: int
    transaction_id: str
    log_index: int
    booked_at: int
    done_by: TransactionType | None
    from_account: str | None
    from_registry: str | None
    to_account: str | None
    to_registry: str | None
    attributes: bytes | None
    original: TransactionType | None
    original_at: int | None


_joined: Final = Read(_Joined)
_E: Final = s.adjustment_entry
_T: Final = s.transaction
_I: Final = s.issued_block
_UNDONE: Final = s.reversal.alias("undone")
_ORIGINAL: Final = s.transaction.alias("original")
_EARLIER: Final = s.issued_block.alias("earlier")
# Outer joins: in a damaged database an entry still counts, and `broker verify` says what is missing.
_TRACED: Final = (
    select(
        _E.c.entry_id,
        _E.c.kind,
        _E.c.party,
        _E.c.year,
        _E.c.amount,
        _E.c.credit,
        _E.c.metric,
        _E.c.registry,
        _E.c.first,
        _E.c.last,
        _E.c.transaction_id,
        _E.c.log_index,
        _E.c.booked_at,
        _T.c.type.label("done_by"),
        _T.c.from_account,
        _T.c.from_registry,
        _T.c.to_account,
        _T.c.to_registry,
        _I.c.attributes,
        _ORIGINAL.c.type.label("original"),
        _ORIGINAL.c.updated_at.label("original_at"),
    )
    .select_from(_E)
    .outerjoin(_T, _T.c.transaction_id == _E.c.transaction_id)
    .outerjoin(
        _I,
        and_(
            _I.c.registry == _E.c.registry,
            _I.c.first
            == select(func.max(_EARLIER.c.first))
            .where(_EARLIER.c.registry == _E.c.registry, _EARLIER.c.first <= _E.c.first)
            .scalar_subquery(),
        ),
    )
    .outerjoin(
        _UNDONE,
        and_(
            _UNDONE.c.reversed_by == _E.c.transaction_id,
            _E.c.kind == bindparam("undoes"),
        ),
    )
    .outerjoin(_ORIGINAL, _ORIGINAL.c.transaction_id == _UNDONE.c.transaction_id)
)
_BEHIND: Final = and_(_E.c.entry_id > bindparam("after"), _E.c.booked_at <= bindparam("until"))
_EVERY: Final = Statement(
    _TRACED.where(
        or_(bindparam("of_year") == literal_column("0"), _E.c.year == bindparam("of_year")), _BEHIND
    ).order_by(_E.c.entry_id)
)
_OF_YEAR: Final = Statement(
    _TRACED.where(
        _E.c.party == bindparam("of_party"), _E.c.year == bindparam("of_year"), _BEHIND
    ).order_by(_E.c.entry_id)
)
_NEXT_YEAR: Final = Statement(
    select(func.min(_E.c.year)).where(
        _E.c.party == bindparam("of_party"), _E.c.year > bindparam("of_year")
    )
)

_UNDOING: Final = Statement(
    _TRACED.where(
        # Found by their kind, of which there are few: no index on a Party helps.
        _E.c.party.concat(literal_column("''")) == bindparam("of_party"),
        _E.c.kind == bindparam("undoes"),
        _E.c.booked_at <= bindparam("until"),
    )
)
_DAY: Final = _E.c.booked_at / literal_column("86400000")
_TOGETHER: Final = (
    _E.c.kind, _E.c.debit, _E.c.credit, _E.c.metric, _E.c.year, _E.c.registry, _E.c.generation,
)  # fmt: skip
_SUMS: Final = Statement(
    select(
        *_TOGETHER, func.min(_E.c.booked_at), func.sum(_E.c.amount), func.min(_E.c.first),
        func.max(_E.c.last),
    )
    .where(
        _E.c.party == bindparam("of_party"),
        _E.c.kind != bindparam("undoes"),
        _E.c.booked_at <= bindparam("until"),
    )
    .group_by(*_TOGETHER, _DAY)
)  # fmt: skip
"""Entries of a day that differ in nothing but their units, which share none: a sum has room for them."""


def traced(
    connection: Connection,
    party: str | None = None,
    as_of: datetime | None = None,
    *,
    year: int = 0,
    after: int = 0,
    limit: int | None = None,
) -> list[TracedEntry]:
    """Entries of the adjustment ledger with their transactions, oldest first.

    Args:
        connection: The database.
        party: Only this Party's; None: all.
        as_of: Leave out what was booked later; None: everything.
        year: Only those that adjust this calendar year; 0: all.
        after: Only those whose id is greater; for pages.
        limit: At most so many; None: all.
    """
    names: dict[str, object] = {
        "of_party": party or "",
        "of_year": year,
        "after": after,
        "until": until(as_of),
        "undoes": EntryKind.FIRST_TRANSFER_REVERSAL.value,
    }
    if party is None:
        found: Iterator[Row] = iter(_every(connection, names, limit))
    else:
        # Those of one year lie in the order of their ids; so a page of all years is merged.
        years = [year] if year else _years(connection, party)
        found = merge(
            *(_of_year(connection, names | {"of_year": each}, limit) for each in years),
            key=itemgetter(0),
        )
    return [_traced(row) for row in map(_joined, islice(found, limit))]


def _every(connection: Connection, names: Mapping[str, object], limit: int | None) -> Iterable[Row]:
    if limit is None:
        return connection.execute(_EVERY, names)
    return some(connection, _EVERY, names, limit)


def _of_year(
    connection: Connection, names: Mapping[str, object], limit: int | None
) -> Iterable[Row]:
    if limit is None:
        return connection.execute(_OF_YEAR, names)
    return some(connection, _OF_YEAR, names, limit)


def _years(connection: Connection, party: str) -> Iterator[int]:
    """Years for which something is booked for a Party."""
    year = 0
    while True:
        names = {"of_party": party, "of_year": year}
        year = connection.execute(_NEXT_YEAR, names).fetchone()[0]
        if year is None:
            return
        yield year


def entries_of(connection: Connection, party: str, as_of: datetime | None = None) -> list[Entry]:
    """A Party's entries as the arithmetic of adjustments takes them: those of a day added up.

    The range of a sum is that within which its units lie.
    """
    names = {
        "of_party": party,
        "until": until(as_of),
        "undoes": EntryKind.FIRST_TRANSFER_REVERSAL.value,
    }
    undone = [_traced(_joined(row)).entry for row in connection.execute(_UNDOING, names)]
    return undone + [
        Entry(
            kind=EntryKind(kind), debit=debit, credit=credit, amount=amount, metric=metric, year=year,
            transaction_year=from_ms(booked_at).year, registry=RegistryId(registry),
            range=SerialRange(first, last),
        )
        for kind, debit, credit, metric, year, registry, _, booked_at, amount, first, last in (
            connection.execute(_SUMS, names)
        )
    ]  # fmt: skip


def _traced(row: _Joined) -> TracedEntry:
    stated = stated_attributes(row.attributes or b"")
    uses = row.kind is EntryKind.USE
    return TracedEntry(
        entry_id=row.entry_id,
        kind=row.kind,
        role=Role.USED if uses else _role(row.original or row.done_by),
        party=row.party,
        year=row.year,
        # A reversal takes back what was counted in the year of the first transfer.
        counted_year=row.year if uses else from_ms(row.original_at or row.booked_at).year,
        quantity=row.amount if row.credit == row.party else -row.amount,
        metric=row.metric,
        registry=row.registry,
        first=row.first,
        last=row.last,
        cooperative_approach=stated.cooperative_approach,
        authorization=stated.authorization.id if stated.authorization else "",
        outside_ndc_scope=stated.outside_ndc_scope,
        cer=stated.unit_type is UnitType.CER,
        transaction_id=row.transaction_id,
        type=row.done_by,
        from_account=row.from_account or "",
        from_registry=row.from_registry or "",
        to_account=row.to_account or "",
        to_registry=row.to_registry or "",
        log_index=row.log_index,
        booked_at=from_ms(row.booked_at),
    )


def _role(done_by: TransactionType | None) -> Role:
    """Units are first transferred to another Party by a transfer, for other purposes otherwise."""
    return Role.FIRST_TRANSFERRED if done_by is TransactionType.TRANSFER else Role.OTHER_PURPOSES
