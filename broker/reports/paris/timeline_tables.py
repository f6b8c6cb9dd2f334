# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of the timeline: what a range of units was, from which place in the log until which."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final

from broker.ledger.units import UnitRow
from itmo.frozen import quickly_made

VERSION: Final = 4
"""Of these tables; a timeline of another version is made anew."""
FOR_EVER: Final = 2**63 - 1
"""The end of what still holds: no place in the log is behind it."""
SIZES: Final = 64
"""Size classes: a range of up to 2^n units is in class n."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Lived:
    """A range of like units while nothing changed of it.

    Attributes:
        since: Place in the log of the decision that made it so.
        until: Place of the decision that ended it; FOR_EVER: it holds.
        size: Its size class, by which the ranges that a unit was ever in are found.
        holder: The registry that keeps the account.
        party: Whose account it is, as `Side.party`.
        approach: Cooperative approach, in six digits; `host`: first transferring Party; as issued.
        state: As the ledger has it.
    """

    registry: str
    first: int
    last: int
    since: int
    until: int
    size: int
    issued_first: int
    account_id: str
    account_type: int
    holder: str
    party: str
    approach: str
    host: str
    vintage: int
    first_transferred: bool
    state: str

    @property
    def unit(self) -> UnitRow:
        """The live range as the ledger has it, without lock."""
        return UnitRow(
            registry=self.registry,
            first=self.first,
            last=self.last,
            issued_first=self.issued_first,
            account_id=self.account_id,
            state=self.state,
        )

    @property
    def row(self) -> tuple[object, ...]:
        """As it is stored."""
        stored: tuple[object, ...] = _STORED(self)
        return stored


def size_class(first: int, last: int) -> int:
    """The class of a range: it has at most two to the power of it units."""
    return (last - first).bit_length()


def read(row: tuple[Any, ...]) -> Lived:
    """A row as it was stored; the columns are STRICT."""
    return Lived(*row)


_NAMES: Final = tuple(each.name for each in fields(Lived))
COLUMNS: Final = ", ".join(_NAMES)
_STORED: Final = attrgetter(*_NAMES)
_HOLDS: Final = f"until = {FOR_EVER}"

TABLES: Final = (
    """CREATE TABLE lived (
        registry TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        since INTEGER NOT NULL, until INTEGER NOT NULL, size INTEGER NOT NULL,
        issued_first INTEGER NOT NULL, account_id TEXT NOT NULL, account_type INTEGER NOT NULL,
        holder TEXT NOT NULL, party TEXT NOT NULL, approach TEXT NOT NULL, host TEXT NOT NULL,
        vintage INTEGER NOT NULL, first_transferred INTEGER NOT NULL, state TEXT NOT NULL,
        PRIMARY KEY (registry, size, first, since)
    ) STRICT, WITHOUT ROWID""",
    f"CREATE INDEX lived_now ON lived (registry, first) WHERE {_HOLDS}",
    "CREATE INDEX lived_holder ON lived (holder, approach, registry, first)",
    "CREATE INDEX lived_party ON lived (party, approach, registry, first)",
    f"""CREATE INDEX lived_host ON lived (host, registry, first)
        WHERE {_HOLDS} AND first_transferred = 1""",
    # What decisions named: a cut beside a unit ends a row of `lived`, and is nothing that happened to it. Of a
    # transaction by its id, of a statement that restates units without one.
    """CREATE TABLE touched (
        registry TEXT NOT NULL, size INTEGER NOT NULL, first INTEGER NOT NULL, place INTEGER NOT NULL,
        transaction_id TEXT NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (registry, size, first, place, transaction_id)
    ) STRICT, WITHOUT ROWID""",
    # Whose units a decision changed: of Parties that held them before or after, and of those that they come from. Of a
    # transaction by its place among those of the decision, of a statement that restates units without id.
    """CREATE TABLE concerned (
        party TEXT NOT NULL, decided_at INTEGER NOT NULL, place INTEGER NOT NULL,
        ordinal INTEGER NOT NULL, transaction_id TEXT NOT NULL,
        PRIMARY KEY (party, decided_at, place, ordinal, transaction_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE summed (
        approach TEXT NOT NULL, since INTEGER NOT NULL, held TEXT NOT NULL, used TEXT NOT NULL,
        cancelled TEXT NOT NULL, first_transferred TEXT NOT NULL, PRIMARY KEY (approach, since)
    ) STRICT, WITHOUT ROWID""",
    # The latest time of any decision up to a place: times can go back where one was accepted.
    "CREATE TABLE step (place INTEGER PRIMARY KEY, latest INTEGER NOT NULL) STRICT",
    "CREATE INDEX step_latest ON step (latest, place)",
    """CREATE TABLE done (
        registry TEXT NOT NULL, decided_at INTEGER NOT NULL, log_index INTEGER NOT NULL,
        ordinal INTEGER NOT NULL, transaction_id TEXT NOT NULL, other TEXT NOT NULL,
        PRIMARY KEY (registry, decided_at, log_index, ordinal, transaction_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE place (
        log_index INTEGER NOT NULL, leaf_hash BLOB NOT NULL, entry_id INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE likeness (
        id INTEGER PRIMARY KEY, party TEXT NOT NULL, metric TEXT NOT NULL, kind TEXT NOT NULL,
        added INTEGER NOT NULL, year INTEGER NOT NULL, transaction_year INTEGER NOT NULL,
        role TEXT NOT NULL, outside_scope INTEGER NOT NULL, cer INTEGER NOT NULL,
        UNIQUE (
            party, metric, kind, added, year, transaction_year, role, outside_scope, cer
        )
    ) STRICT""",
    """CREATE TABLE booked (
        likeness INTEGER NOT NULL, at INTEGER NOT NULL, amount TEXT NOT NULL,
        PRIMARY KEY (likeness, at)
    ) STRICT, WITHOUT ROWID""",
)
"""Sums are texts: they may be more than the database counts."""

LIVING: Final = (
    f"SELECT {COLUMNS} FROM lived INDEXED BY lived_now WHERE {_HOLDS} AND registry = :registry"  # noqa: S608  # constants
    " AND first <= :last AND last >= :first AND first >= coalesce((SELECT max(first)"
    f" FROM lived WHERE {_HOLDS} AND registry = :registry AND first <= :first), :first)"
)
"""Rows that hold and share a serial with a range. They are disjoint: one can reach in from the left."""
