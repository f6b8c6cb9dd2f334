# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a sealed export, in the form in which an archive is brought along: CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from broker.reports.kyoto.archives import archives, told_notices, told_rows
from broker.reports.kyoto.held_units import held_units
from broker.reports.kyoto.history import Event, History
from broker.reports.kyoto.log_notices import standings
from broker.reports.kyoto.sealed_joining import apart, joins
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.attributes import KyotoAttributes
from itmo import serial_sets
from itmo.runtime.db.connection import Connection
from sef import archive_trail_reading as reading
from sef.archive_trail import NoticeRow, TrailRow
from sef.entries import registry_of, transaction_number

UNITS: Final = "blocks.csv"
TRAIL: Final = reading.TRAIL
NOTICES: Final = reading.NOTICES
TRAIL_COLUMNS: Final = ("log_index", *reading.TRAIL_COLUMNS)
_HOST: Final = 3
"""Letters of the host's code, with which the name of a project begins."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV."""
    text = io.StringIO(newline="")
    into = csv.writer(text, lineterminator="\n")
    into.writerow(columns)
    into.writerows(rows)
    return text.getvalue().encode()


def lying_units(connection: Connection, registry: str) -> Iterator[Sequence[object]]:
    """Yields every unit in the accounts of a registry."""
    for held in held_units(connection):
        if held.holder.registry == registry:
            units, are = held.units, held.units.attributes
            yield (
                units.registry,
                units.range.first,
                units.range.last,
                *_are(are, units.registry),
                held.holder.account_id,
                _yes(are.transferred),
                _yes(bool(are.replaced_by)),
                "",  # the trail tells by which notice
            )


Row = Sequence[object]


def past_rows(connection: Connection, registry: str) -> tuple[list[Row], list[Row]]:
    """The trail of a registry in the order of the log, and its notices.

    Where the registry brought in an archive whole, its trail and notices come first, and the transactions
    that brought units in, which the archive issued long before, are left out.
    """
    told = next((each for each in archives(connection) if each.registry == registry), None)
    archive = told.digest if told else ""
    events = list(_events(connection, registry))
    others = [each for each in events if each.opening != archive or not archive]
    brought_in = [each.units for each in events if archive and each.opening == archive]
    rows = list(told_rows(connection, told)) if told else []
    notices = told_notices(connection, told) if told else []
    stated = list(_notices(connection, registry))
    first = min((each.at for each in others), default=None)
    numbers = {number for number, _ in stated}
    listed = [row for _, row in stated]
    if not told or not (joins(registry, rows, brought_in, first) and apart(notices, numbers)):
        return [each.row for each in events], listed
    trail = [_told(told.log_index, each) for each in rows]
    return [*trail, *(each.row for each in others)], [*map(_told_notice, notices), *listed]


@dataclass(frozen=True, slots=True)
class _Event:
    """A row of the trail, and whether it brings in units of an archive: of which one."""

    at: datetime
    opening: str
    units: serial_sets.Range
    row: Row


def _events(connection: Connection, registry: str) -> Iterator[_Event]:
    history = History(connection)
    for each in history.events():
        if registry not in {each.giver.registry, each.taker.registry}:
            continue
        proposed, units = history.proposed(each), each.units
        cancelled = each.type is TransactionType.CANCELLATION
        row = (
            each.log_index,
            _moment(each.at),
            _named(each, history, corrective=proposed.corrective),
            _type(each),
            # A notice is to the registry that acts.
            (proposed.log_notice or "") if each.giver.registry == registry else "",
            proposed.activity if cancelled and proposed.activity else "",
            "yes" if each.acts else "no",
            units.registry,
            units.range.first,
            units.range.last,
            *_are(each.after, units.registry),
            each.giver.account_id,
            each.taker.account_id,
            _yes(bool(proposed.opening) and proposed.had_left),
            _yes(bool(proposed.opening) and proposed.were_replaced),
            _yes(proposed.corrective),
        )
        whole = units.registry, units.range.first, units.range.last
        yield _Event(each.at, proposed.opening, whole, row)


def _told(log_index: int, told: TrailRow) -> Row:
    """A row of an archive; its decision is the one that the archive was opened by."""
    are = told.are
    return (
        log_index,
        _moment(told.at),
        told.transaction,
        told.type.value,
        told.notice or "",
        told.net_source or "",
        "yes" if told.acts else "no",
        told.registry,
        told.first,
        told.last,
        are.unit_type,
        are.original_period,
        are.applicable_period,
        are.activity or "",
        are.project,
        are.track or "",
        are.expiry or "",
        told.giver,
        told.taker,
        _yes(told.had_left),
        _yes(told.were_replaced),
        _yes(told.corrective),
    )


def _told_notice(told: NoticeRow) -> Row:
    return told.number, told.type, _moment(told.at), told.quantity, told.period or ""


def _named(event: Event, history: History, *, corrective: bool) -> str:
    """Its id; of a corrective transaction the number that reports print."""
    if not corrective:
        return event.transaction_id
    return transaction_number(registry_of(event.giver.party), *history.judged(event))


def _type(event: Event) -> str:
    """What it did; what an issuance gives away at once moves on like any other unit."""
    gives = event.type is TransactionType.ISSUANCE and event.giver != event.taker
    return TransactionType.TRANSFER.value if gives else event.type.value


def _notices(connection: Connection, registry: str) -> Iterator[tuple[int, Row]]:
    """The notices of the log to a registry, each time that they were stated, with their numbers."""
    # What units a notice asks for does not depend on the day on which it is looked at.
    for standing in standings(connection, date.max, None):
        notice = standing.notice
        if notice.registry == registry:
            for said in standing.history:
                asked = said.stated.quantity
                period = notice.period or ""
                row = (notice.number, int(notice.type), _moment(said.at), asked, period)
                yield notice.number, row


def _are(are: KyotoAttributes, registry: str) -> tuple[object, ...]:
    return (
        int(are.unit_type or 0),
        are.original_period,
        are.applicable_period,
        are.activity or "",
        f"{registry[:_HOST]}{are.project}" if are.project else "",
        are.track.value if are.track else "",
        are.expiry or "",
    )


def _yes(said: bool) -> str:  # a cell
    return "yes" if said else ""


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
