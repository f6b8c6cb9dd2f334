# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Counts the stored rows that a message crosses, before any of them is loaded.

Counting stops where the answer is known to be too many, so that it is cheap however much there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Any, Final

from sqlalchemy import Select, bindparam, literal_column, or_, select

from broker.clearing.decision.books import numbers_of
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.received import Received
from broker.clearing.sharing.sharing_rows import FindingState
from broker.regime.postings import Lookup
from broker.regime.regimes import Regimes
from broker.rulebook.general.proposal import Proposed
from broker.store import crossing, notices, schema, sharing_schema, sql
from broker.store.claims import count_others, spans
from broker.store.say import with_a_say
from itmo import limits
from itmo.core.v1 import sharing_pb2
from itmo.payloads import PayloadKind
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import count_under, keys_of, part
from itmo.runtime.db.statement import Statement, some
from itmo.serials import MAX_SERIAL

Range = tuple[str, int, int]


_SOME: Final = "SELECT count(*) FROM ({0} LIMIT :most) AS found"


def _counted(*found: Select[Any], within: str = _SOME) -> Statement:
    # Core would add an OFFSET of its own, with a parameter that has no name.
    return Statement(
        *(each.with_only_columns(literal_column("1")) for each in found), within=within
    )


_H: Final = sharing_schema.reported_holding
_UNITS: Final = _counted(crossing.units_crossed())
_U: Final = schema.unit_block.c
_MOVED: Final = Statement(crossing.held_crossed().with_only_columns(_U.registry, _U.first, _U.last))
_BOUND: Final = _counted(notices.bound_crossed())
_LIVE_AND_BOUND: Final = _counted(
    crossing.units_crossed(),
    notices.bound_crossed(),
    within=f"SELECT ({_SOME}) + ({_SOME.replace('0', '1')})",  # as above
)
_EVENTS: Final = _counted(notices.events_crossed())
_RESERVED: Final = _counted(crossing.reserved_crossed())
_LOOKUPS: Final = _counted(crossing.lookups_crossed())
_HELD: Final = _counted(select(_H).where(_H.c.reporter == bindparam("reporter")))
_BOOKED: Final = _counted(crossing.units_of_registry())
_F: Final = sharing_schema.report_finding
_FOUND: Final = _counted(
    select(_F).where(
        _F.c.reporter == bindparam("reporter"),
        _F.c.state.in_(
            [
                literal_column(f"'{each}'")
                for each in FindingState
                if each is not FindingState.CLOSED
            ]
        ),
    )
)
_HELD_RANGES: Final = Statement(
    select(_H.c.registry, _H.c.first, _H.c.last).where(_H.c.reporter == bindparam("reporter"))
)
_BLOCKS: Final = Statement(
    select(
        part(schema.transaction.c.postings, "moves"),
        count_under(schema.transaction.c.postings, "issues"),
        count_under(schema.transaction.c.postings, "bookings"),
    ).where(
        schema.transaction.c.transaction_id.in_(keys_of()),
        schema.transaction.c.postings != literal_column("''"),
        or_(
            bindparam("sender") == literal_column(f"'{OPERATOR_NODE}'"),
            schema.transaction.c.proposer_node == bindparam("sender"),
            schema.transaction.c.receiver_node == bindparam("sender"),
        ),
    )
)
"""Of transactions in which the sender takes part, or of any for the operator."""


class Weigher:
    """Counts through one connection, up to one row more than a message may cross.

    Of units that a proposal names only those of its sender's own count: a refusal for their number
    tells a stranger nothing.
    """

    def __init__(self, connection: Connection, regimes: Regimes) -> None:
        self._connection = connection
        self._regimes = regimes

    def pieces(self, received: Received) -> int:
        """Stored rows that a message crosses, each as often as it is crossed; or too many."""
        payload: Any = received.payload
        sender = received.header.sender_node
        if received.proposed:
            pieces = 0
            for proposed in received.proposed:
                pieces += self._proposed(sender, proposed)
                if pieces > limits.MAX_PIECES_PER_MESSAGE:
                    break
            return pieces
        if received.answered:
            return self._transactions(sender, [each.transaction_id for each in received.answered])
        if received.kind is PayloadKind.REVERSAL_STATEMENT:
            return self._transactions(sender, [payload.transaction_id])
        if not with_a_say(self._connection, self._regimes, [received]):
            return 0
        if received.kind is PayloadKind.REGISTRY_REPORT:
            held = self._connection.execute(_HELD_RANGES, {"reporter": payload.registry})
            said = (each.block for each in (*payload.holdings, *payload.actions))
            return self._counts(_UNITS, joined([*held.fetchall(), *_serials(said)]))
        statement = self._regimes.statement(received.kind)
        if statement is None:
            return 0
        lookups = statement.lookups(payload)
        if lookups:
            return self._searched(lookups)
        return self.locked(
            [
                (units.registry, units.range.first, units.range.last)
                for units in statement.about(payload, ())
            ]
        )

    def kept(self, reporter: str) -> int:
        """Rows that are kept of a registry that reports: holdings, and findings not closed yet."""
        most = limits.MAX_REPORTED_HOLDINGS + 1
        return sum(self._count(each, reporter=reporter, most=most) for each in (_HELD, _FOUND))

    def booked(self, registry: str) -> int:
        """Rows of the ledger in the accounts of a registry that reports."""
        most = limits.MAX_REPORTED_HOLDINGS + 1
        return self._count(_BOOKED, of_registry=registry, most=most)

    def others(self, report: sharing_pb2.RegistryReport) -> int:
        """Rows of other registries that a report is compared with."""
        own = self._connection.execute(_HELD_RANGES, {"reporter": report.registry}).fetchall()
        named = [each.block for each in report.holdings] + [each.block for each in report.actions]
        wanted = spans([*own, *_serials(named)])
        return count_others(self._connection, report.registry, wanted)

    def locked(self, ranges: Sequence[Range]) -> int:
        """Live units, and units of open notices, in ranges that are not a stranger's."""
        return self._counts(_LIVE_AND_BOUND, ranges)

    def _proposed(self, sender: str, proposed: Proposed) -> int:
        ranges = [
            (block.registry, block.range.first, block.range.last)
            for block in proposed.blocks
            if block.range is not None
        ]
        crossed = 0
        if proposed.begins is not None:
            crossed = self._proposed(crossing.WHOEVER_ISSUES, proposed.begins)
        regime = self._regimes[proposed.rulebook]
        if regime.transaction_types[proposed.type].issues:
            searched = sorted(regime.lookups(proposed))
            crossed += self._counts(_LOOKUPS, [astuple(each) for each in searched])
            crossed += self._counts(_EVENTS, [numbers_of(each) for each in searched])
            named = [(sender, regime.numbered_by(proposed, each[0]), *each) for each in ranges]
            waiting = self._counts(_RESERVED, named)
            return len(ranges) + waiting + crossed  # the units are about to be
        moved = json.dumps([(sender, proposed.from_account, *each) for each in ranges])
        most = limits.MAX_PIECES_PER_MESSAGE + 1
        found = some(self._connection, _MOVED, {"wanted": moved}, most)
        pieces = crossed + len(found)
        if found and pieces <= limits.MAX_PIECES_PER_MESSAGE:
            pieces += self._counts(_BOUND, joined(found))
        if proposed.reverses is not None:
            pieces += self._transactions(sender, [proposed.reverses])
        return pieces

    def _transactions(self, sender: str, names: Sequence[str]) -> int:
        pieces = 0
        for moves, issues, bookings in self._connection.execute(
            _BLOCKS, {"wanted": json.dumps(list(names)), "sender": sender}
        ):
            ranges = [each[:3] for each in json.loads(moves)]
            pieces += issues or self.locked(ranges) or bookings
        return pieces

    def _searched(self, lookups: Iterable[Lookup]) -> int:
        """Live units that are found under numbers, and their blocks."""
        wanted = json.dumps([astuple(each) for each in sorted(lookups)])
        most = limits.MAX_PIECES_PER_MESSAGE + 1
        rows = some(self._connection, sql.LOOKUPS, {"wanted": wanted}, most)
        return len(rows) + self._counts(_UNITS, [row[:3] for row in rows])

    def _counts(self, query: str, wanted: Sequence[object]) -> int:
        if not wanted:
            return 0
        most = limits.MAX_PIECES_PER_MESSAGE + 1
        return self._count(query, wanted=json.dumps(wanted), most=most)

    def _count(self, query: str, **parameters: str | int) -> int:
        count: int = self._connection.execute(query, parameters).fetchone()[0]
        return count


def joined(ranges: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Ranges, each a series and two numbers, with those that overlap made into one."""
    together: list[tuple[Any, ...]] = []
    for each in sorted(ranges):
        before = together[-1] if together else ()
        if before and before[:-2] == each[:-2] and each[-2] <= before[-1]:
            together[-1] = (*before[:-1], max(before[-1], each[-1]))
        else:
            together.append(each)
    return together


def runs(ranges: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """As `joined`, with those that lie side by side made into one, too: the same rows cross them.

    A batch names ranges that do, and the database looks each of them up. Nothing is counted by them: a
    row over two of them would count once.
    """
    wider = [(*each[:-1], each[-1] + 1) for each in ranges]
    return [(*each[:-1], each[-1] - 1) for each in joined(wider)]


def _serials(written: Iterable[Any]) -> list[Range]:
    return [
        (each.registry, each.first, each.last)
        for each in written
        if 1 <= each.first <= each.last <= MAX_SERIAL
    ]
