# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a sealed export, in the form in which an archive is brought along: CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Final

from broker.reports.kyoto.held_units import held_units
from broker.reports.kyoto.history import Event, History
from broker.reports.kyoto.log_notices import standings
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.attributes import KyotoAttributes
from itmo.runtime.db.connection import Connection
from sef import archive_trail_reading as archive
from sef.entries import registry_of, transaction_number

UNITS: Final = "blocks.csv"
TRAIL: Final = archive.TRAIL
NOTICES: Final = archive.NOTICES
TRAIL_COLUMNS: Final = ("log_index", *archive.TRAIL_COLUMNS)
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


def trail_rows(connection: Connection, registry: str) -> Iterator[Sequence[object]]:
    """Yields everything that happened to units that came to a registry, in the order of the log."""
    history = History(connection)
    for each in history.events():
        if registry in {each.giver.registry, each.taker.registry}:
            proposed = history.proposed(each)
            cancelled = each.type is TransactionType.CANCELLATION
            yield (
                each.log_index,
                _moment(each.at),
                _named(each, history, corrective=proposed.corrective),
                _type(each),
                # A notice is to the registry that acts.
                (proposed.log_notice or "") if each.giver.registry == registry else "",
                proposed.activity if cancelled and proposed.activity else "",
                "yes" if each.acts else "no",
                each.units.registry,
                each.units.range.first,
                each.units.range.last,
                *_are(each.after, each.units.registry),
                each.giver.account_id,
                each.taker.account_id,
                _yes(bool(proposed.opening) and proposed.had_left),
                _yes(bool(proposed.opening) and proposed.were_replaced),
                _yes(proposed.corrective),
            )


def _named(event: Event, history: History, *, corrective: bool) -> str:
    """Its id; of a corrective transaction the number that reports print."""
    if not corrective:
        return event.transaction_id
    return transaction_number(registry_of(event.giver.party), *history.judged(event))


def _type(event: Event) -> str:
    """What it did; what an issuance gives away at once moves on like any other unit."""
    gives = event.type is TransactionType.ISSUANCE and event.giver != event.taker
    return TransactionType.TRANSFER.value if gives else event.type.value


def notice_rows(connection: Connection, registry: str) -> Iterator[Sequence[object]]:
    """Yields the notices of the log to a registry, each time that they were stated."""
    # What units a notice asks for does not depend on the day on which it is looked at.
    for standing in standings(connection, date.max, None):
        if standing.notice.registry == registry:
            for said in standing.history:
                yield (
                    standing.notice.number,
                    int(standing.notice.type),
                    _moment(said.at),
                    said.stated.quantity,
                    standing.notice.period or "",
                )


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
