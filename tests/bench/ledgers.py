# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A ledger of any size, for measurements: Parties as a house took them in, transactions in bulk.

The transactions are rows as the command path writes them, without messages that were signed and
without the tables that no report on actions reads. Such a database passes no audit.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Final

from sqlalchemy import LargeBinary, Table, Text

from broker.clearing.transactions import postings as stored
from broker.regime.paris.state import UnitState
from broker.regime.postings import Booking, Issue, Move, Postings, Restate, Units
from broker.store import schema as s
from itmo.clock import to_ms
from itmo.core.v1 import proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.paris.v1 import attributes_pb2, authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from itmo.serials import SerialRange
from tests.kit.clearing import attributes, new_world, paris_terms, state_approach, state_party

PARTIES: Final = ("THA", "GHA", "VUT", "CHE", "JPN", "SGP", "SWE", "NOR")
HOSTS: Final = PARTIES[:3]
APPROACH: Final = "CA0500"
YEARS: Final = (2022, 2023, 2024, 2025)
_BLOCK: Final = 1_000
"""Units in a block."""
_ISSUED_TOGETHER: Final = 20
"""Blocks in one issuance."""


@dataclass(frozen=True)
class Step:
    """A transaction to be written."""

    kind: str
    giver: str
    taker: str
    account_types: tuple[int, int]
    postings: Postings
    year_of_use: int = 0


class Book:
    """Writes transactions into the tables that reports on actions read."""

    def __init__(self, connection: sqlite3.Connection, first_log_index: int) -> None:
        self._connection = connection
        self._log_index = count(first_log_index)
        self._entry = count(1)
        self._rows: dict[Table, list[dict[str, object]]] = {}

    def write(self, step: Step, at: datetime) -> None:
        """Notes a completed transaction."""
        log_index, when = next(self._log_index), to_ms(at)
        name = hashlib.sha256(f"{log_index}".encode()).hexdigest()[:32]
        from_account = _account(step.giver, step.account_types[0])
        to_account = _account(step.taker, step.account_types[1])
        self._add(s.log_leaf, log_index=log_index, decided_at=when, transaction_id=name)
        self._add(
            s.transaction_event, transaction_id=name, event="COMPLETE", from_state="VALIDATED",
            to_state="COMPLETED", log_index=log_index,
        )  # fmt: skip
        self._add(
            s.transaction, transaction_id=name, type=step.kind, state="COMPLETED", rulebook="paris",
            from_registry=f"{step.giver}01", to_registry=f"{step.taker}01",
            from_account=from_account, to_account=to_account, message_id=name,
            postings=stored.to_text(step.postings),
        )  # fmt: skip
        if step.year_of_use:
            proposal = proposal_pb2.Proposal(
                transaction=proposal_pb2.ProposedTransaction(
                    terms=paris_terms(year_of_use=step.year_of_use)
                )
            )
            self._add(
                s.message, message_id=name, sender_node="bulk", sender_sequence=log_index,
                kind=PayloadKind.PROPOSAL.value, payload=proposal.SerializeToString(),
                log_index=log_index,
            )  # fmt: skip
        for issue in step.postings.issues:
            self._add(
                s.issued_block, registry=issue.units.registry, first=issue.units.range.first,
                last=issue.units.range.last, transaction_id=name, rulebook="paris",
                attributes=issue.attributes,
            )  # fmt: skip
        for entry in step.postings.bookings:
            added = entry.quantity > 0
            self._add(
                s.adjustment_entry, entry_id=next(self._entry), kind=entry.kind,
                debit="outstanding" if added else entry.party,
                credit=entry.party if added else "outstanding", amount=abs(entry.quantity),
                metric=entry.metric, party=entry.party, year=entry.year, transaction_id=name,
                registry=entry.units.registry, first=entry.units.range.first,
                last=entry.units.range.last,
                log_index=log_index, booked_at=when,
            )  # fmt: skip

    def save(self) -> None:
        """Writes everything noted."""
        with self._connection:
            for table, rows in self._rows.items():
                marks = ", ".join(f":{column.name}" for column in table.c)
                self._connection.executemany(
                    f'INSERT INTO "{table.name}" VALUES ({marks})', rows
                )  # our own names
        self._rows.clear()

    def _add(self, table: Table, **values: object) -> None:
        self._rows.setdefault(table, []).append(_blank(table) | values)


def _blank(table: Table) -> dict[str, object]:
    """A row of nothing, so that this file need not know columns that it does not fill."""

    def empty(kind: object) -> object:
        if isinstance(kind, Text):
            return ""
        return b"" if isinstance(kind, LargeBinary) else 0

    return {c.name: None if c.nullable else empty(c.type) for c in table.c}


async def build(connection: sqlite3.Connection, actions: int) -> int:
    """Fills an empty database with at least so many actions of eight Parties in four years.

    Returns:
        How many actions they are.
    """
    await _found(connection)
    last = connection.execute("SELECT max(log_index) FROM log_leaf").fetchone()[0]
    book, written = Book(connection, last + 1), 0
    moments = _moments(actions)
    serials = dict.fromkeys(HOSTS, 1)
    for turn in count():
        if written >= actions:
            break
        host = HOSTS[turn % len(HOSTS)]
        steps, counted = _life(host, serials[host], turn, next(moments).year)
        serials[host] += _BLOCK * _ISSUED_TOGETHER
        for step in steps:
            book.write(step, next(moments))
        written += counted
        if turn % 100 == 0:
            book.save()
    book.save()
    return written


def _moments(actions: int) -> Iterator[datetime]:
    """Times that grow, spread over the years."""
    begin, end = (to_ms(datetime(year, 1, 2, tzinfo=UTC)) for year in (YEARS[0], YEARS[-1] + 1))
    step = max((end - begin) // actions // 2, 1)
    for number in count():
        at = min(begin + number * step, end - 2 * 86_400_000)
        yield datetime.fromtimestamp(at / 1000, UTC).replace(microsecond=0)


def _life(host: str, serial: int, turn: int, year: int) -> tuple[Iterable[Step], int]:
    """Blocks are issued, first transferred; half are used, a quarter goes on to another Party."""
    blocks = [
        SerialRange(serial + n * _BLOCK, serial + (n + 1) * _BLOCK - 1)
        for n in range(_ISSUED_TOGETHER)
    ]
    steps, actions = [_issue(host, blocks)], len(blocks)
    buyers = [party for party in PARTIES if party not in HOSTS]
    for number, block in enumerate(blocks):
        buyer = buyers[(turn + number) % len(buyers)]
        steps.append(_move("TRANSFER", host, buyer, (100, 100), host, block, first=True))
        actions += 2
        if number % 2 == 0:
            half = SerialRange(block.first, block.first + _BLOCK // 2 - 1)
            steps.append(_move("USE", buyer, buyer, (100, 200), host, half, use=year))
            actions += 1
        elif number % 4 == 1:
            other = buyers[(turn + number + 1) % len(buyers)]
            steps.append(_move("TRANSFER", buyer, other, (100, 100), host, block))
            actions += 2
    return steps, actions


def _attributes(host: str) -> attributes_pb2.UnitAttributes:
    stated = attributes()
    stated.cooperative_approach, stated.first_transferring_party = APPROACH, host
    stated.authorization.id = f"{host}-1"
    return stated


def _issue(host: str, blocks: list[SerialRange]) -> Step:
    written = _attributes(host).SerializeToString()
    issues = tuple(
        Issue(Units(f"{host}01", each), _account(host, 100), written, _state(host).text)
        for each in blocks
    )
    return Step("ISSUANCE", host, host, (100, 100), Postings(issues=issues))


def _state(host: str) -> UnitState:
    return UnitState(vintage=2022, authorization_id=f"{host}-1", authorization_version=1)


def _account(party: str, kind: int) -> str:
    return make_account_id(RegistryId(f"{party}01"), kind, 1)


def _move(
    kind: str,
    giver: str,
    taker: str,
    account_types: tuple[int, int],
    host: str,
    block: SerialRange,
    *,
    first: bool = False,
    use: int = 0,
) -> Step:
    units, bookings, before = Units(f"{host}01", block), [], _state(host)
    if first:
        bookings.append(Booking(host, 2022, block.quantity, "FIRST_TRANSFER", "GHG", units))
    if use:
        bookings.append(Booking(taker, use, -block.quantity, "USE", "GHG", units))
    sides = _account(giver, account_types[0]), _account(taker, account_types[1])
    made = Postings(
        moves=(Move(units, *sides),),
        restates=(Restate(units, before.text, before.with_first_transfer().text),) if first else (),
        bookings=tuple(bookings),
    )
    return Step(kind, giver, taker, account_types, made, use)


async def _found(connection: sqlite3.Connection) -> None:
    world = await new_world(connection)
    for party in PARTIES:
        await state_party(world, party)
        sender = await world.admit(party.lower(), f"{party}01")
        for kind in (100, 200):
            await world.open_account(sender, f"{party}01", kind)
    await state_approach(world, APPROACH, PARTIES)
    for host in HOSTS:
        await world.senders[host.lower()].say(
            PayloadKind.AUTHORIZATION_STATEMENT,
            authorization_pb2.AuthorizationStatement(
                authorization_id=f"{host}-1", version=1, party=host,
                cooperative_approach=APPROACH, purposes=[authorization_pb2.PURPOSE_NDC],
                vintages=terms_pb2.YearSpan(first=2022, last=2030), date="2022-01-01",
            ),
        )  # fmt: skip
    await world.house.stop()
