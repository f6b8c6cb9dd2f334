# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the record has of completed transactions and of notices, in the order of the log."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal_column, or_, select
from sqlalchemy.types import TypeEngine

from broker.rulebook.general.proposal import TransactionType
from broker.store import schema as s
from broker.store.decoding import Row
from itmo.lifecycle import Event
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import WHOLE, WORD, elements, item, listed, part
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement
from itmo.serials import SerialRange

_SOME: Final = 500
"""Transactions that are asked for by their ids at a time; those of one decision are not parted."""
_LAST_SERIAL: Final = attrgetter("last")


@dataclass(frozen=True, slots=True)
class By:
    """What did something to units: transactions, and the places of statements that restated them.

    Attributes:
        transactions: The place in the log at which each was completed, ascending, and its id.
    """

    transactions: tuple[tuple[int, str], ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Only:
    """Units that a history is confined to.

    Attributes:
        runs: In whole runs, ascending, by registry.
        by: What did something to them; None: it is searched for, for one run.
    """

    runs: Mapping[str, tuple[SerialRange, ...]]
    by: By | None = None

    @classmethod
    def unit(cls, registry: str, serial: int, by: By | None = None) -> Only:
        """A single unit."""
        return cls({registry: (SerialRange(serial, serial),)}, by)

    def within(self, registry: str, serials: SerialRange) -> Iterator[SerialRange]:
        """What is in a range, run by run."""
        runs = self.runs.get(registry, ())
        for place in range(bisect_left(runs, serials.first, key=_LAST_SERIAL), len(runs)):
            part = runs[place].intersection(serials)
            if part is None:
                return
            yield part


_T: Final = s.transaction
_E: Final = s.transaction_event
_L: Final = s.log_leaf
_OF: Final[ColumnElement[str]] = bindparam("of_rulebook")
_HALVES: Final = _T.c.type == literal_column(f"'{TransactionType.TRANSITION}'")
"""A transition is, under each rulebook, what it is judged as there."""
_BEGINS: Final = and_(_HALVES, part(_T.c.postings, "begins_under") == _OF)
_ENDS: Final = and_(_HALVES, _T.c.rulebook == _OF)
_BEGUN: Final = part(_T.c.postings, "begins")
_COMPLETED: Final = (
    select(
        _T.c.transaction_id,
        case(
            (_BEGINS, literal_column(f"'{TransactionType.ISSUANCE}'")),
            (_ENDS, literal_column(f"'{TransactionType.CANCELLATION}'")),
            else_=_T.c.type,
        ).label("type"),
        case((_BEGINS, _T.c.to_account), else_=_T.c.from_account).label("from_account"),
        case((_ENDS, part(_T.c.postings, "ending_account")), else_=_T.c.to_account).label(
            "to_account"
        ),
        _T.c.message_id,
        _T.c.ordinal,
        case((_BEGINS, _BEGUN), else_=_T.c.postings).label("postings"),
        _E.c.log_index,
        _L.c.decided_at,
    )
    .select_from(_T)
    .join(
        _E,
        and_(
            _E.c.transaction_id == _T.c.transaction_id,
            _E.c.event == literal_column(f"'{Event.COMPLETE}'"),
        ),
    )
    .join(_L, _L.c.log_index == _E.c.log_index)
    .where(_E.c.log_index > bindparam("after"), or_(_T.c.rulebook == _OF, _BEGINS))
    .order_by(_E.c.log_index, _T.c.ordinal, _T.c.transaction_id)
)
"""One acceptance may complete what several proposals asked for, each at the same place of its own."""
_ALL: Final = Statement(_COMPLETED.where(_E.c.log_index <= bindparam("until")))
_REVERSED: Final = Statement(
    select(s.reversal.c.transaction_id, s.reversal.c.reversed_by).where(
        s.reversal.c.reversed_by.is_not(None)
    )
)


def _place_of(name: ColumnElement[Any]) -> ColumnElement[Any]:
    """Where in the log a transaction was completed."""
    return (
        select(_E.c.log_index)
        .where(_E.c.transaction_id == name, _E.c.event == literal_column(f"'{Event.COMPLETE}'"))
        .correlate(s.reversal)
        .scalar_subquery()
    )


_STOOD: Final = Statement(
    select(
        _place_of(s.reversal.c.transaction_id),
        s.reversal.c.transaction_id,
        s.reversal.c.reversed_by,
    ).where(
        s.reversal.c.reversed_by.is_not(None),
        _place_of(s.reversal.c.transaction_id) <= bindparam("place"),
        _place_of(s.reversal.c.reversed_by).between(
            bindparam("place") + literal_column("1"), bindparam("until")
        ),
    )
)
_R: Final = s.restated
_I: Final = s.issued_block
_EARLIER: Final = s.issued_block.alias("earlier")
_issued_by: Final = (
    select(_I.c.rulebook)
    .where(
        _I.c.registry == _R.c.registry,
        _I.c.first
        == select(func.max(_EARLIER.c.first))
        .where(_EARLIER.c.registry == _R.c.registry, _EARLIER.c.first <= _R.c.first)
        .correlate(_R)
        .scalar_subquery(),
    )
    .correlate(_R)
    .scalar_subquery()
)
_RESTATEMENTS: Final = (
    select(
        _R.c.log_index, _L.c.decided_at, _R.c.registry, _R.c.first, _R.c.last, _R.c.before, _R.c.after
    )
    .join(_L, _L.c.log_index == _R.c.log_index)
    .where(_R.c.log_index > bindparam("after"), _issued_by == bindparam("of_rulebook"))
    .order_by(_R.c.log_index, _R.c.registry, _R.c.first)
)  # fmt: skip
"""What statements changed of units, which stayed where they were."""
_RESTATED: Final = Statement(_RESTATEMENTS.where(_R.c.log_index <= bindparam("until")))
_RESTATED_AT: Final = Statement(_RESTATEMENTS.where(_R.c.log_index.in_(listed("wanted", WHOLE))))


def _touching() -> str:
    """Transactions whose postings issue or move a unit of a range."""

    def names(written: ColumnElement[Any], under: str, name: str) -> ColumnElement[bool]:
        listed = elements(written, under).table_valued("value", name=name)
        kinds: tuple[TypeEngine[Any], ...] = (WORD, WHOLE, WHOLE)
        places = [item(listed.c.value, place, kind) for place, kind in enumerate(kinds)]
        return (
            select(literal_column("1"))
            .select_from(listed)
            .where(
                places[0] == bindparam("of_registry"),
                places[1] <= bindparam("to_last"),
                places[2] >= bindparam("from_first"),
            )
            .correlate(_T)
            .exists()
        )

    touched = [names(_T.c.postings, each, each) for each in ("moves", "issues")]
    return Statement(_COMPLETED.where(or_(*touched, names(_BEGUN, "issues", "begun"))))


_ONLY: Final = _touching()
_BY: Final = Statement(_COMPLETED.where(_T.c.transaction_id.in_(listed("wanted"))))
_BEHIND: Final = select(_E.c.log_index).where(
    _E.c.event == literal_column(f"'{Event.COMPLETE}'"), _E.c.log_index > bindparam("after")
)
_NTH: Final = Statement(
    _BEHIND.order_by(_E.c.log_index).limit(literal_column("1")).offset(bindparam("before"))
)
_COUNTED: Final = Statement(
    select(func.count()).select_from(_BEHIND.limit(bindparam("most")).subquery("behind"))
)
LAST: Final = 2**63 - 1
"""No place in the log is behind it."""
ORDINAL: Final = 5
WRITTEN: Final = 6
LOG_INDEX: Final = 7
DECIDED_AT: Final = 8
"""Columns of completed transactions."""


def completed(
    connection: Connection, rulebook: str, after: int, only: Only | None = None, until: int = LAST
) -> Iterator[Row]:
    """Completed transactions of a rulebook behind a place in the log; those that touch some units.

    All of them can be had up to a place, too. Those that are named are read some hundred at a time.
    """
    if only is None:
        names: dict[str, object] = {"after": after, "until": until, "of_rulebook": rulebook}
        return in_portions(connection, _ALL, names)
    if only.by is not None:
        return _named(connection, rulebook, after, only.by)
    ((registry, (run,)),) = only.runs.items()
    names = {
        "of_rulebook": rulebook,
        "after": after,
        "of_registry": registry,
        "from_first": run.first,
        "to_last": run.last,
    }
    return in_portions(connection, _ONLY, names)


def nth_completion(connection: Connection, after: int, number: int) -> int | None:
    """Where in the log the transaction was completed that is so many behind a place; None: there are fewer."""
    found = connection.execute(_NTH, {"after": after, "before": number - 1}).fetchone()
    return int(found[0]) if found else None


def completions(connection: Connection, after: int, most: int) -> int:
    """How many transactions were completed behind a place in the log; counted no further than so far."""
    return int(connection.execute(_COUNTED, {"after": after, "most": most}).fetchone()[0])


def _named(connection: Connection, rulebook: str, after: int, by: By) -> Iterator[Row]:
    """Transactions by their ids; no cursor is open while the caller does something else."""
    some: list[str] = []
    places = [[name for _, name in found] for _, found in groupby(by.transactions, itemgetter(0))]
    for place, names in enumerate(places, 1):
        some += names
        if len(some) >= _SOME or place == len(places):
            wanted = {"after": after, "of_rulebook": rulebook, "wanted": json.dumps(some)}
            yield from connection.execute(_BY, wanted).fetchall()
            some.clear()


def restated(
    connection: Connection, rulebook: str, after: int, only: Only | None = None, until: int = LAST
) -> Iterable[Row]:
    """What statements behind a place in the log, up to another, changed of units of a rulebook, by place."""
    names: dict[str, object] = {"after": after, "of_rulebook": rulebook}
    if only is None or only.by is None:
        return in_portions(connection, _RESTATED, {**names, "until": until})
    return connection.execute(_RESTATED_AT, {**names, "wanted": json.dumps(only.by.places)})


def void(connection: Connection) -> frozenset[str]:
    """Transfers that were reversed, and their reversals."""
    return frozenset(name for pair in connection.execute(_REVERSED) for name in pair)


def stood(connection: Connection, place: int, until: int) -> list[tuple[int, str, str]]:
    """Transfers that were done at a place in the log, and reversed behind it up to another.

    Returns:
        Of each its own place, its id, and that of the reversal.
    """
    found = connection.execute(_STOOD, {"place": place, "until": until})
    return [(done, name, reversed_by) for done, name, reversed_by in found]
