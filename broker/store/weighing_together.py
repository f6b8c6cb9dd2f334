# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Counts the stored rows that the ordinary messages of a group cross, with five queries for all of them.

Transfers, cancellations and uses, and what is answered to them, singly or in batches, are nearly all that is
ever sent. One by one each costs two queries or more, and on an engine behind a connection as many trips.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, literal_column, or_, select

from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.received import Received
from broker.regime.regimes import Regimes
from broker.rulebook.general.proposal import Proposed
from broker.store import crossing, notices, schema
from broker.store.weighing import joined
from itmo import limits
from itmo.runtime.db.connection import Connection, Question, ahead
from itmo.runtime.db.json_text import count_under, part
from itmo.runtime.db.statement import Statement

_MOST: Final = 4 * limits.MAX_PIECES_PER_MESSAGE
"""Rows of a group that are counted together: at a few microseconds each, 20 milliseconds at most. Where there
are more, messages are counted one by one, each up to what it may cross."""
_TOO_MANY: Final[ColumnElement[int]] = literal_column(str(_MOST + 1))
_U: Final = schema.unit_block.c
_T: Final = schema.transaction.c


def _moved() -> str:
    found = crossing.held_crossed("message")
    message = found.selected_columns["message"]
    return Statement(
        found.with_only_columns(message, _U.registry, _U.first, _U.last).limit(_TOO_MANY)
    )


def _lived() -> str:
    found = crossing.units_crossed("message")
    return Statement(found.with_only_columns(found.selected_columns["message"]).limit(_TOO_MANY))


def _answered() -> str:
    wanted = crossing.wanted_rows("message", "transaction", "node")
    takes_part = or_(_T.proposer_node == wanted.c.node, _T.receiver_node == wanted.c.node)
    return Statement(
        select(
            wanted.c.message,
            part(_T.postings, "moves"),
            count_under(_T.postings, "issues"),
            count_under(_T.postings, "bookings"),
        )
        .select_from(wanted)
        .join(schema.transaction, _T.transaction_id == wanted.c.transaction)
        .where(_T.postings != literal_column("''"), takes_part)
        .limit(_TOO_MANY)
    )


_MOVED: Final = _moved()
_LIVED: Final = _lived()
_ANSWERED: Final = _answered()
_BOUND: Final = Statement(notices.bound_crossed().limit(literal_column("1")))
_EVER_BOUND: Final = "SELECT min(registry) FROM noticed_units"
"""Where there never was a notice, units need not be looked for in any."""


class Together:
    """Counts through one connection."""

    def __init__(self, connection: Connection, regimes: Regimes) -> None:
        self._connection = connection
        self._regimes = regimes
        self._locked: set[tuple[str, int, int]] = set()

    def locked(self) -> set[tuple[str, int, int]]:
        """Units that are locked by what was answered in the last count; said once, to be read next."""
        found, self._locked = self._locked, set()
        return found

    def pieces(self, picked: Sequence[tuple[int, Received]]) -> dict[int, int]:
        """As `Weigher.pieces`, of messages by their places in the group.

        Those that are not in it are to be counted one by one: they are of other kinds, cross units
        of open notices, or all together cross too much.
        """
        proposed, answered = _sorted(picked, self._regimes)
        ahead(self._connection, lambda: asked_first(picked, self._regimes))
        return {
            **self._proposed(proposed, _moved_by(proposed)),
            **self._answered(answered, _answered_by(answered)),
        }

    def _proposed(
        self, proposed: Sequence[tuple[int, Received]], wanted: Sequence[tuple[Any, ...]]
    ) -> dict[int, int]:
        found = self._rows(_MOVED, wanted)
        if found is None or self._bound(row[1:] for row in found):
            return {}
        counted = Counter(row[0] for row in found)
        return {place: counted[str(place)] for place, _ in proposed}

    def _answered(
        self, answered: Sequence[tuple[int, Received]], wanted: Sequence[tuple[Any, ...]]
    ) -> dict[int, int]:
        rows = self._rows(_ANSWERED, wanted)
        if rows is None:
            return {}
        counted: Counter[int] = Counter()
        lived: list[tuple[str, int, int, str]] = []
        booked: list[tuple[int, int]] = []
        for message, moves, issues, bookings in rows:
            if issues:
                counted[int(message)] += issues
                continue
            ranges = json.loads(moves)
            lived.extend((*each[:3], str(len(booked))) for each in ranges)
            booked.append((int(message), bookings))
        ranges = [each[:3] for each in lived]
        if lived:
            about = (_question(_LIVED, lived), _question(_BOUND, joined(ranges)))
            ahead(self._connection, lambda: about)
        found = self._rows(_LIVED, lived)
        if found is None or self._bound(ranges):
            return {}
        self._locked = {(registry, first, last) for registry, first, last in ranges}
        crossed = Counter(row[0] for row in found)
        for number, (place, bookings) in enumerate(booked):
            counted[place] += crossed[str(number)] or bookings
        return {place: counted[place] for place, _ in answered}

    def _bound(self, ranges: Iterable[tuple[Any, ...]]) -> bool:
        """Whether a unit of an open notice is among them."""
        wanted = joined(ranges)
        return (
            bool(wanted)
            and self._connection.execute(_EVER_BOUND).fetchone()[0] is not None
            and self._connection.execute(_BOUND, {"wanted": json.dumps(wanted)}).fetchone()
            is not None
        )

    def _rows(self, query: str, wanted: Sequence[tuple[Any, ...]]) -> list[Any] | None:
        """The rows; None where they are too many."""
        if not wanted:
            return []
        rows = self._connection.execute(*_question(query, wanted)).fetchall()
        return rows if len(rows) <= _MOST else None


def countable(
    picked: Sequence[tuple[int, Received]], recorded: Container[str] = ()
) -> list[tuple[int, Received]]:
    """Messages that are new and may be judged, where there is more than one transaction to count."""
    fresh = [
        (place, received)
        for place, received in picked
        if received.refusal is None and received.header.message_id not in recorded
    ]
    several = sum(len(each.proposed) + len(each.answered) for _, each in fresh) > 1
    return fresh if several else []


def asked_first(picked: Sequence[tuple[int, Received]], regimes: Regimes) -> list[Question]:
    """What `Together.pieces` asks whatever is answered."""
    proposed, answered = _sorted(picked, regimes)
    wanted = ((_MOVED, _moved_by(proposed)), (_ANSWERED, _answered_by(answered)))
    asked = [_question(*each) for each in wanted if each[1]]
    return [*asked, (_EVER_BOUND, ())] if asked else []


def _sorted(
    picked: Sequence[tuple[int, Received]], regimes: Regimes
) -> tuple[list[tuple[int, Received]], list[tuple[int, Received]]]:
    """Messages that propose only to move units that live, and those that answer."""
    proposed, answered = [], []
    for place, received in picked:
        if received.answered and received.header.sender_node != OPERATOR_NODE:
            answered.append((place, received))
        elif received.proposed and all(_moves(each, regimes) for each in received.proposed):
            proposed.append((place, received))
    return proposed, answered


def _moves(proposed: Proposed, regimes: Regimes) -> bool:
    types = regimes[proposed.rulebook].transaction_types
    return not types[proposed.type].issues and proposed.begins is None and proposed.reverses is None


def _moved_by(proposed: Sequence[tuple[int, Received]]) -> list[tuple[Any, ...]]:
    return [
        (
            received.header.sender_node,
            each.from_account,
            block.registry,
            block.range.first,
            block.range.last,
            str(place),
        )
        for place, received in proposed
        for each in received.proposed
        for block in each.blocks
        if block.range is not None
    ]


def _answered_by(answered: Sequence[tuple[int, Received]]) -> list[tuple[Any, ...]]:
    return [
        (str(place), each.transaction_id, received.header.sender_node)
        for place, received in answered
        for each in received.answered
    ]


def _question(query: str, wanted: Sequence[tuple[Any, ...]]) -> Question:
    return query, {"wanted": json.dumps(wanted)}
