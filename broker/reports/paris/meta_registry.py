# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One view over the ledger and the reports of registries (7/CMA.4 synthesis report, para 15).

Each figure comes with its source. What somebody may see of it: `broker.reports.paris.visibility`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, func, literal_column, select

from broker.clearing.transactions.postings import from_text
from broker.ledger.overlaps import Overlaps, Place
from broker.regime.paris.postings import accounting_of
from broker.regime.paris.reading import stated_attributes
from broker.reports.completed import By, Only
from broker.reports.paris import parties, timeline_pages
from broker.reports.paris.as_of import units_as_of
from broker.reports.paris.fates import totals
from broker.reports.paris.movements import Replay
from broker.reports.paris.timeline_tables import FOR_EVER, Lived
from broker.reports.paris.unit_views import UnitView, unit_at, units
from broker.reports.paris.views import of_paris, paris_unit
from broker.reports.paris.visibility import LEDGER, Caller, Deed, Position, Source, Totals
from broker.reports.snapshot import snapshot
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.reported import ReportedActionType
from broker.rulebook.paris.first_transfer import FIRST_TRANSFERRED
from broker.store import schema as s
from broker.store import sharing_schema as shared
from broker.store.claims import reported, spans
from broker.store.decoding import Row
from itmo.clock import from_ms
from itmo.lifecycle import Event
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.serials import SerialRange

_H, _S, _A = shared.reported_holding, shared.sharing, shared.reported_action
_REPORTED: Final = (
    select(_H, _S.c.last_as_of)
    .join(_S, _S.c.registry == _H.c.reporter)
    .where(of_paris(_H.c.rulebook))
)
_ORDER: Final = (_H.c.registry, _H.c.first, _H.c.reporter)
_ALL_REPORTED: Final = Statement(_REPORTED.order_by(*_ORDER))
_REPORTED_APPROACH: Final = Statement(
    _REPORTED.where(_H.c.listed_under == bindparam("named")).order_by(
        _H.c.reporter, _H.c.registry, _H.c.first
    )
)
_U, _I, _ACCOUNT = paris_unit, s.issued_block, s.account
_ISSUED: Final = Statement(
    select(_I.c.registry, _I.c.first, _I.c.last)
    .where(
        of_paris(_I.c.rulebook),
        _I.c.registry == bindparam("of_registry"),
        _I.c.first <= bindparam("upto"),
        _I.c.first >= bindparam("since"),
    )
    .order_by(_I.c.first)
)
_ISSUED_BEFORE: Final = Statement(
    select(func.max(_I.c.first)).where(
        _I.c.registry == bindparam("of_registry"), _I.c.first <= bindparam("since")
    )
)
_REPORTED_UNIT: Final = Statement(
    _REPORTED.where(
        _H.c.registry == bindparam("of_registry"),
        _H.c.first <= bindparam("serial"),
        _H.c.last >= bindparam("serial"),
    ).order_by(*_ORDER)
)
_DEEDS_OF_UNIT: Final = Statement(
    select(_A)
    .where(
        of_paris(_A.c.rulebook),
        _A.c.registry == bindparam("of_registry"),
        _A.c.first <= bindparam("serial"),
        _A.c.last >= bindparam("serial"),
    )
    .order_by(_A.c.acted_at, _A.c.reporter, _A.c.ordinal)
)
_REPORTED_DEEDS: Final = Statement(
    select(_A)
    .where(
        of_paris(_A.c.rulebook),
        _A.c.acted_at >= bindparam("since"),
        _A.c.acted_at < bindparam("before"),
    )
    .order_by(_A.c.acted_at, _A.c.reporter, _A.c.ordinal)
)
_T, _E, _L = s.transaction, s.transaction_event, s.log_leaf
_COMPLETED: Final = Statement(
    select(
        _T.c.transaction_id,
        _T.c.type,
        _T.c.from_registry,
        _T.c.to_registry,
        _T.c.from_account,
        _T.c.to_account,
        _T.c.postings,
        _L.c.decided_at,
        _L.c.log_index,
        _T.c.ordinal,
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
    .where(_T.c.transaction_id == bindparam("of_id"))
)
_REGISTRIES: Final = Statement(select(s.registry.c.registry))
_REGISTRIES_OF: Final = Statement(
    select(s.registry.c.registry).where(s.registry.c.node == bindparam("of_node"))
)
_HOSTS_OF: Final = Statement(
    select(s.designation.c.party).where(s.designation.c.node == bindparam("of_node"))
)
_LOG_SIZE: Final = Statement(
    select(
        func.coalesce(func.max(s.log_leaf.c.log_index) + literal_column("1"), literal_column("0"))
    )
)


def caller_of(connection: Connection, node: str) -> Caller:
    """What a node speaks for."""
    names = {"of_node": node}
    return Caller(
        registries=frozenset(row[0] for row in connection.execute(_REGISTRIES_OF, names)),
        hosts=frozenset(row[0] for row in connection.execute(_HOSTS_OF, names)),
    )


def log_size(connection: Connection) -> int:
    """Leaves of the log: the moment that an answer tells of."""
    return int(connection.execute(_LOG_SIZE).fetchone()[0])


def approach_parties(connection: Connection, approach: str) -> frozenset[str] | None:
    """The Parties of a cooperative approach; None where none of that id is known."""
    written = parties.latest_approach(connection, approach)
    return None if written is None else frozenset(written.parties)


def approach_title(connection: Connection, approach: str) -> str | None:
    """The name of a cooperative approach; None where none of that id is known."""
    written = parties.latest_approach(connection, approach)
    return None if written is None else written.title


def positions(
    connection: Connection,
    approach: str | None = None,
    as_of: datetime | None = None,
    tables: sqlite3.Connection | None = None,
) -> list[Position]:
    """Where units are, by ledger and reports, in the order of units; of one approach, or all.

    As of a moment: where they were then. Of what was reported, the last report of each registry is
    kept; where it is of later, nothing is known of the moment (`broker.reports.sharing`).

    Args:
        connection: The database.
        approach: Cooperative approach; None: all.
        as_of: The moment; None: now.
        tables: The timeline at the end of the record; None: what was is made of the whole record.
    """
    with snapshot(connection):
        if as_of is not None and approach is not None and tables is not None:
            everybody = Caller(
                frozenset(r for (r,) in connection.execute(_REGISTRIES)), frozenset()
            )
            place = timeline_pages.place_of(tables, as_of)
            then = timeline_pages.held(
                tables, everybody, approach, place, timeline_pages.BEGIN, FOR_EVER
            )
            found = [position_then(each) for each in then]
        else:
            live = (
                units(connection, approach=approach)
                if as_of is None
                else units_as_of(connection, as_of)
            )
            found = [
                _in_ledger(unit)
                for unit in live
                if approach in (None, unit.attributes.cooperative_approach)
            ]
        found += [
            each
            for row in connection.execute(_ALL_REPORTED)
            if approach in (None, (each := _in_report(row)).cooperative_approach)
            and told_by(each, as_of)
        ]
    return sorted(found, key=order_of)


def reported_positions(
    connection: Connection, approach: str, as_of: datetime | None = None
) -> list[Position]:
    """Where units of an approach are by reports, in the order of units."""
    said = map(_in_report, connection.execute(_REPORTED_APPROACH, {"named": approach}))
    return sorted(
        (each for each in said if told_by(each, as_of)),
        key=order_of,
    )


def order_of(position: Position) -> tuple[str, int, str]:
    """By which lists of positions are ordered."""
    return position.registry, position.first, position.source.reported_by


def position_then(lived: Lived) -> Position:
    """Where units were at some time, as the timeline has it."""
    return Position(
        registry=lived.registry,
        first=lived.first,
        last=lived.last,
        holder=lived.holder,
        holder_party=lived.party,
        account_id=lived.account_id,
        account_type=lived.account_type,
        vintage=lived.vintage,
        cooperative_approach=lived.approach,
        host=lived.host,
        first_transferred=bool(lived.first_transferred),
        source=LEDGER,
    )


def approach_totals(
    connection: Connection,
    in_ledger: Totals,
    said: Sequence[Position],
) -> Totals:
    """Totals of an approach in the ledger, and of what reports say of units that were not issued there."""
    told = totals(in_ledger.cooperative_approach, said, _issued_within(connection, said))
    return Totals(
        cooperative_approach=in_ledger.cooperative_approach,
        issued=in_ledger.issued + told.issued,
        held=in_ledger.held + told.held,
        used=in_ledger.used + told.used,
        cancelled=in_ledger.cancelled + told.cancelled,
        first_transferred=in_ledger.first_transferred + told.first_transferred,
    )


def _issued_within(
    connection: Connection, said: Sequence[Position]
) -> dict[str, list[SerialRange]]:
    """Blocks of the ledger from the first to the last unit of each registry that reports name."""
    issued: dict[str, list[SerialRange]] = {}
    for registry, (since, upto) in spans((e.registry, e.first, e.last) for e in said).items():
        names = {"of_registry": registry, "since": since, "upto": upto}
        (before,) = connection.execute(_ISSUED_BEFORE, names).fetchone()
        names["since"] = since if before is None else before
        issued[registry] = [
            SerialRange(first, last) for _, first, last in connection.execute(_ISSUED, names)
        ]
    return issued


def unit_positions(
    connection: Connection,
    registry: str,
    serial: int,
    as_of: datetime | None = None,
    by: By | None = None,
    now: Sequence[Lived] | None = None,
) -> list[Position]:
    """Where one unit is, or was at a moment, by every source that says so; then it stands alone.

    Args:
        connection: The database.
        registry: Originating registry.
        serial: Serial number.
        as_of: The moment; None: now.
        by: What did something to it, where the timeline says so; None: it is searched for in the whole record.
        now: The range that it is in now, where the timeline says so: what is locked cuts none of its ranges.
    """
    names = {"of_registry": registry, "serial": serial}
    if as_of is not None:
        only = Only.unit(registry, serial, by)
        found = [_in_ledger(each) for each in units_as_of(connection, as_of, only=only)]
    elif now is not None:
        found = [position_then(each) for each in now]
    else:
        unit = unit_at(connection, registry, serial)
        found = [] if unit is None else [_in_ledger(unit)]
    told = map(_in_report, connection.execute(_REPORTED_UNIT, names))
    return found + [each for each in told if told_by(each, as_of)]


def told_by(said: Position, as_of: datetime | None) -> bool:
    """Whether a report tells of the moment: it is not of later."""
    return as_of is None or (said.source.as_of is not None and said.source.as_of <= as_of)


def unit_deeds(
    connection: Connection,
    registry: str,
    serial: int,
    as_of: datetime | None = None,
    by: By | None = None,
) -> list[Deed]:
    """Everything that happened to one unit until a moment, by ledger and reports, oldest first.

    What did it is searched for in the whole record, unless the timeline says it (`by`).
    """
    only = Only.unit(registry, serial, by)
    with snapshot(connection):
        found = [
            Deed(
                at=movement.at,
                place=(movement.log_index, 0),
                type=movement.kind,
                action_id=movement.transaction_id,
                registry=registry,
                first=serial,
                last=serial,
                from_registry=""
                if movement.kind is TransactionType.ISSUANCE
                else movement.giver.registry,
                to_registry=movement.taker.registry,
                from_account=""
                if movement.kind is TransactionType.ISSUANCE
                else movement.giver.account_id,
                to_account=movement.taker.account_id,
                first_transfer=movement.first_transfer,
            )
            for movement in Replay(connection, only).movements()
            if movement.kind is not None
        ]
        names = {"of_registry": registry, "serial": serial}
        told = [_reported_deed(row) for row in connection.execute(_DEEDS_OF_UNIT, names)]
    return sorted((e for e in (*found, *told) if as_of is None or e.at <= as_of), key=time_of)


def ledger_deeds(connection: Connection, transaction_id: str) -> list[Deed]:
    """What a completed transaction did, in the order in which lists have it."""
    rows = connection.execute(_COMPLETED, {"of_id": transaction_id}).fetchall()
    return sorted((deed for row in rows for deed in _ledger_deeds(row)), key=time_of)


def reported_deeds(connection: Connection, party: str, span: tuple[int, int]) -> list[Deed]:
    """What registries of a Party did in a span of time, by reports."""
    names = {"since": span[0], "before": span[1]}
    return [
        deed
        for row in connection.execute(_REPORTED_DEEDS, names)
        if party in {(deed := _reported_deed(row)).from_registry[:3], deed.to_registry[:3]}
    ]


def _in_ledger(unit: UnitView) -> Position:
    return Position(
        registry=unit.registry,
        first=unit.first,
        last=unit.last,
        holder=unit.holder_registry,
        holder_party=unit.holder_party,
        account_id=unit.account_id,
        account_type=unit.account_type,
        vintage=unit.vintage,
        cooperative_approach=unit.attributes.cooperative_approach,
        host=unit.attributes.first_transferring_party,
        first_transferred=unit.first_transferred,
        source=LEDGER,
    )


def _in_report(row: Row) -> Position:
    said = reported(row[:-1])
    stated = stated_attributes(said.attributes)
    return Position(
        registry=said.registry,
        first=said.first,
        last=said.last,
        holder=said.reporter,
        holder_party=said.reporter[:3],
        account_id="",
        account_type=said.account_type,
        vintage=stated.vintage,
        cooperative_approach=stated.cooperative_approach,
        host=stated.first_transferring_party,
        first_transferred=FIRST_TRANSFERRED in said.marks.split(),
        source=Source(said.reporter, from_ms(row[-1])),
    )


def _reported_deed(row: Row) -> Deed:
    reporter, action_id, _, ordinal, acted_at, word, registry, first, last, _, other, _, marks = row
    kind = ReportedActionType(word)
    came = kind is ReportedActionType.ACQUISITION
    left = kind is ReportedActionType.TRANSFER
    return Deed(
        at=from_ms(acted_at),
        place=(0, ordinal),
        type=kind,
        action_id=action_id,
        registry=registry,
        first=first,
        last=last,
        from_registry=other if came else "" if kind is ReportedActionType.ISSUANCE else reporter,
        to_registry=other if left else reporter,
        from_account="",
        to_account="",
        first_transfer=FIRST_TRANSFERRED in marks.split(),
        source=Source(reporter, from_ms(acted_at)),
    )


def _ledger_deeds(row: Row) -> Iterator[Deed]:
    name, word, giver, taker, from_account, to_account, written, at, log_index, ordinal = row
    postings = from_text(written)
    if postings.begins is not None:
        postings, word = postings.begins.postings, TransactionType.ISSUANCE
    issuing = bool(postings.issues)
    newly = Overlaps(_place, accounting_of(postings).first_transfer)
    for block in postings.blocks:
        registry, serials = block.registry, block.range
        yield Deed(
            at=from_ms(at),
            place=(log_index, ordinal),
            type=TransactionType(word),
            action_id=name,
            registry=registry,
            first=serials.first,
            last=serials.last,
            from_registry="" if issuing else giver,
            to_registry=taker,
            from_account="" if issuing else from_account,
            to_account=to_account,
            first_transfer=bool(newly.overlapping(registry, serials.first, serials.last)),
            source=LEDGER,
        )


def _place(units: tuple[str, SerialRange]) -> Place:
    return units[0], units[1].first, units[1].last


def time_of(deed: Deed) -> tuple[datetime, str, tuple[int, int], str, int]:
    """By which lists of deeds are ordered."""
    return deed.at, deed.source.reported_by, deed.place, deed.registry, deed.first
