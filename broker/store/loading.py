# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Loads everything that a group of messages needs, in a fixed number of set-based queries."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import chain, islice
from typing import Any, Final, cast

from broker.clearing.decision.books import numbers_of
from broker.clearing.decision.declaring import declared
from broker.clearing.decision.rows import (
    IssuedRow,
    KeyRow,
    MailboxEnd,
    ReversalRow,
    SenderRow,
    TransactionRow,
)
from broker.clearing.decision.world import World
from broker.clearing.notices.notice_rows import NoticeBooks
from broker.clearing.path import cost as cost_of
from broker.clearing.path.aside import TimeoutFault
from broker.clearing.path.received import Received
from broker.clearing.reconciliation.reconciliation_rows import ReconciliationBooks
from broker.clearing.sharing.sharing_rows import SharedBooks
from broker.clearing.transactions.postings import from_text, locked_by
from broker.clearing.transactions.settle import place_of
from broker.ledger.overlaps import Overlaps
from broker.ledger.reservations import Reservations, ReservedRow
from broker.ledger.units import UnitLedger, UnitRow
from broker.regime.postings import Lookup, Postings, Units
from broker.regime.regime import Found
from broker.regime.regime import Needs as Asked
from broker.regime.regimes import Regimes
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import RegistryFacts
from broker.store import ahead, decoding, sql
from broker.store.claims import MAX_OTHERS
from broker.store.decoding import Row
from broker.store.log_head import LAST_LEAF
from broker.store.needs import Needs, collect
from broker.store.notices import every_node, load_events, load_notices
from broker.store.reconciliation import load_reconciled
from broker.store.say import with_a_say
from broker.store.sharing import compared, load_shared, merged
from broker.store.stated import StatedReader
from broker.store.tallies import load_tallies
from broker.store.weighing import Weigher, joined, runs
from broker.store.weighing_together import Together, countable
from itmo import limits
from itmo.clock import from_ms
from itmo.core.v1 import sharing_pb2
from itmo.frozen import quickly_made, replace
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.serials import SerialRange

MAX_DUE: Final = 50
"""Transactions timed out with one group, or fewer, where they are dear (see broker.clearing.path.cost)."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Weighed:
    """A message of a group, by its place there, and what it costs."""

    place: int
    received: Received
    cost: int


@dataclass(frozen=True, slots=True)
class _Due:
    """Transactions to be timed out, with their postings."""

    rows: list[Row]
    postings: dict[str, Postings]


class Loader:
    """Reads through one connection."""

    def __init__(self, connection: Connection, regimes: Regimes) -> None:
        self._connection = connection
        self._regimes = regimes
        self._stated = StatedReader(connection, regimes)
        self._weigher = Weigher(connection, regimes)
        self._together = Together(connection, regimes)

    def weighed(self, picked: Sequence[tuple[int, Received]]) -> list[Weighed]:
        """The messages, of those at places of a group, that are decided together.

        They are the first one, and what fits beside it.
        What does not fit waits, and what its sender has behind it. A message that crosses more
        stored pieces than allowed carries a refusal from here on: nothing is loaded for it, and
        nobody else suffers.
        """
        recorded = self._recorded([received for _, received in picked])
        together = self._counted_together(picked, recorded)
        fitting: list[Weighed] = []
        waiting: set[str] = set()
        total = 0
        for place, received in picked:
            if received.header.sender_node in waiting:
                continue
            weighed = self._weighed(place, received, recorded, together.get(place))
            if fitting and total + weighed.cost > cost_of.GROUP:
                waiting.add(received.header.sender_node)
                continue
            total += weighed.cost
            fitting.append(weighed)
        return fitting

    def _counted_together(
        self, picked: Sequence[tuple[int, Received]], recorded: Container[str]
    ) -> dict[int, int]:
        """Pieces by place, of ordinary messages that are new, where there is more than one to count."""
        fresh = countable(picked, recorded)
        return self._together.pieces(fresh) if fresh else {}

    def _weighed(
        self, place: int, received: Received, recorded: Container[str], counted: int | None
    ) -> Weighed:
        if received.refusal is not None or received.header.message_id in recorded:
            return Weighed(place, received, cost_of.reading(received))
        pieces = self._weigher.pieces(received) if counted is None else counted
        cost = cost_of.known(received) + cost_of.PIECE * pieces
        if received.kind is PayloadKind.REGISTRY_REPORT:
            report = cast("sharing_pb2.RegistryReport", received.payload)
            others = self._weigher.others(report)
            rows = self._weigher.kept(report.registry) + self._weigher.booked(report.registry)
            cost += cost_of.HELD_ROW * (rows + others)
            # Compared with a part only: it has to be the same part when it is played again, alone.
            if pieces > limits.MAX_PIECES_PER_MESSAGE or others == MAX_OTHERS:
                return Weighed(place, received, max(cost, cost_of.GROUP))
        if received.kind is PayloadKind.RECONCILIATION_STATEMENT:
            # What it is compared with is read as it stands before it, so it is decided by itself.
            return Weighed(place, received, max(cost + cost_of.BOOKS, cost_of.GROUP))
        if received.kind is PayloadKind.SHARING_STATEMENT:
            stated = cast("sharing_pb2.SharingStatement", received.payload)
            cost += cost_of.HELD_ROW * self._weigher.kept(stated.registry)
        if pieces > limits.MAX_PIECES_PER_MESSAGE:
            cost = cost_of.known(received) + cost_of.COUNTED * pieces
            received = replace(received, proposed=(), refusal=_too_many_pieces())
        return Weighed(place, received, cost)

    def load(
        self,
        group: Sequence[Received],
        broker_node: str,
        now_ms: int,
        also: str | None = None,
        aside: frozenset[str] = frozenset(),
        most_due: int = MAX_DUE,
        besides: Asked | None = None,
    ) -> World:
        """The world of a group: its messages, the transactions due by now, and one named besides.

        `besides` is what turned out to be needed when it was judged before.
        Raises TimeoutFault where a transaction that is due cannot be read.
        """
        recorded = self._recorded(group)
        needs = _needs_of(group, recorded, broker_node, also, self._regimes)
        fresh = [each for each in group if each.header.message_id not in recorded]
        found = self._about_units(needs, fresh)
        due = ahead.due(now_ms, most_due, aside)
        ahead.before_units(self._connection, needs, due, now_ms, self._together.locked())
        transactions, postings = self._transactions(needs, self._due(now_ms, aside, most_due))
        shared = load_shared(self._connection, needs.shared)
        reconciled, compared_rows = load_reconciled(
            self._connection, needs.reconciled, _kept_still(needs)
        )
        units = self._units(needs, shared, compared_rows, alone=len(group) == 1)
        needs.accounts.update(unit.account_id for unit in units)
        ahead.of_units(self._connection, needs, units)
        issued = self._issued(units)
        accounts = self._accounts(needs)
        world = World(
            log_size=self._log_size(),
            last_entry_id=self._connection.execute(sql.LAST_ENTRY).fetchone()[0] or 0,
            recorded=recorded,
            registries=self._registries(needs, shared, reconciled),
            accounts=accounts,
            transactions=transactions,
            postings=postings,
            issued=issued,
            found=Overlaps(place_of, found),
            units=UnitLedger(self._with_neighbours(needs, units)),
            reservations=self._reservations(needs),
            reversals=self._reversals(needs),
            occupied_accounts=self._occupied(needs.closing),
            shared=shared,
            notices=self._notices(needs, units, now_ms),
            reconciled=reconciled,
            aside=aside,
        )
        needs.asked.update(besides or Asked())
        needs.asked.update(declared(world, self._regimes, fresh, from_ms(max(now_ms, 0))))
        self._load_asked(world, needs)
        return world

    def _about_units(self, needs: Needs, fresh: Sequence[Received]) -> set[Found]:
        """Adds what messages about units name whose sender has a say in them, and finds blocks."""
        found: set[Found] = set()
        for received in with_a_say(self._connection, self._regimes, fresh):
            statement = self._regimes.statement(received.kind)
            payload: Any = received.payload
            if received.kind is PayloadKind.RECONCILIATION_STATEMENT:
                needs.reconciled.statements.append(payload)
                named = (each.transaction_id for each in payload.trail[: limits.MAX_TRAIL])
                needs.transactions.update(named)
            elif statement is None:
                needs.shared.collect(payload)
            else:
                some = self._found(statement.lookups(payload))
                needs.ranges.update(map(_place, statement.about(payload, some)))
                found.update(some)
        return found

    def _load_asked(self, world: World, needs: Needs) -> None:
        """Adds what regimes ask for, and the nodes that are to be heard or told."""
        asked = world.loaded = needs.asked
        ahead.of_asked(self._connection, needs, world.registries)
        world.stated = self._stated.load(asked)
        world.tallies = load_tallies(self._connection, asked.tallies | needs.tallies)
        self._load_lookups(world, asked)
        world.designations = self._designations(needs, world.registries)
        nodes = needs.nodes
        ahead.of_nodes(self._connection, needs)
        world.senders = {r[0]: SenderRow(*r) for r in self._rows(sql.SENDERS, nodes)}
        world.keys = self._keys(needs)
        world.key_counts = dict(self._rows(sql.KEY_COUNTS, needs.registering))
        world.nodes = {r[0]: decoding.node(r) for r in self._rows(sql.NODES, nodes)}
        world.mailboxes = self._mailboxes(needs)

    def _load_lookups(self, world: World, asked: Asked) -> None:
        found, told = set(world.found), set(world.notices.events)
        world.found.extend(each for each in self._found(asked.lookups) if each not in found)
        places = joined({numbers_of(each) for each in asked.lookups})
        events = load_events(self._connection, places)
        world.notices.events.extend(each for each in events if each not in told)

    def _mailboxes(self, needs: Needs) -> dict[str, MailboxEnd]:
        rows = self._rows(sql.MAILBOXES, needs.nodes)
        return {row[0]: MailboxEnd(*row[1:]) for row in rows}

    def _keys(self, needs: Needs) -> dict[str, KeyRow]:
        named = self._rows(sql.KEYS, needs.keyids)
        own = self._rows(sql.OWN_KEYS, needs.revoking)
        return {row[0]: decoding.key(row) for row in (*named, *own)}

    def _occupied(self, closing: Iterable[str]) -> set[str]:
        rows = self._rows(sql.OCCUPIED, ((account,) for account in closing))
        return {row[0] for row in rows}

    def _log_size(self) -> int:
        last_leaf = self._connection.execute(LAST_LEAF).fetchone()
        return last_leaf[0] + 1 if last_leaf else 0

    def _designations(
        self, needs: Needs, registries: Mapping[str, RegistryFacts]
    ) -> dict[str, str]:
        """Designated nodes by Party; the nodes of the registries are needed, too."""
        rows = self._rows(sql.DESIGNATIONS, ahead.parties(needs, registries))
        designations = {row[0]: row[1] for row in rows}
        needs.nodes.update(each.node for each in registries.values())
        needs.nodes.update(designations.values())
        return designations

    def _recorded(self, group: Sequence[Received]) -> dict[str, bytes]:
        names = (received.header.message_id for received in group)
        return dict(self._rows(sql.RECORDED, names))

    def _rows(self, query: str, wanted: Iterable[Any]) -> list[Row]:  # names, or rows of one width
        listed = set(wanted)
        if not listed:
            return []
        return self._connection.execute(*ahead.question(query, listed)).fetchall()

    def _accounts(self, needs: Needs) -> dict[str, AccountFacts]:
        """Accounts, and whoever keeps them."""
        rows = self._rows(sql.ACCOUNTS, needs.accounts)
        accounts = {row[0]: decoding.account(row) for row in rows}
        needs.registries.update(each.registry for each in accounts.values())
        return accounts

    def _transactions(
        self, needs: Needs, due: _Due
    ) -> tuple[dict[str, TransactionRow], dict[str, Postings]]:
        """Named transactions, and those that are due; with what settling them will touch."""
        rows = self._rows(sql.TRANSACTIONS, needs.transactions)
        postings = dict(due.postings)
        for row in rows:
            if row[-1] and row[0] not in postings:
                postings[row[0]] = from_text(row[-1])
        loaded = {row[0]: decoding.transaction(row) for row in (*rows, *due.rows)}
        for transaction in loaded.values():
            try:
                self._collect_open(needs, transaction, postings.get(transaction.transaction_id))
            except Exception as error:
                if transaction.transaction_id in due.postings:
                    raise TimeoutFault(transaction.transaction_id, error) from error
                raise
        return loaded, postings

    @staticmethod
    def _collect_open(needs: Needs, transaction: TransactionRow, postings: Postings | None) -> None:
        """Adds what settling or ending a transaction touches."""
        needs.nodes.add(transaction.proposer_node)
        if transaction.receiver_node is not None:
            needs.nodes.add(transaction.receiver_node)
        if postings is None:
            return
        needs.registries.update((transaction.from_registry, transaction.to_registry))
        needs.accounts.update((transaction.from_account, transaction.to_account))
        if postings.reverses:
            needs.reversals.add(postings.reverses)
        if postings.is_one_move:  # nearly always, and soon said
            (move,) = postings.moves
            needs.locked.add(_place(move.units))
            needs.accounts.add(move.to_account)
            needs.tallies.update([name for name, _ in postings.tallies])
            return
        needs.locked.update(map(_place, locked_by(postings)))
        for part in postings.parts:
            needs.accounts.update(each.to_account for each in part.moves)
            needs.locked.update(_place(each.units) for each in part.issues)
            needs.tallies.update(name for name, _ in (*part.tallies, *part.reserves))

    def first_due(self, now_ms: int, aside: frozenset[str]) -> str | None:
        """The transaction that is timed out next."""
        found = self._connection.execute(*ahead.due(now_ms, 1, aside))
        return next((row[0] for row in found if row[0] not in aside), None)

    def _due(self, now_ms: int, aside: frozenset[str], most: int) -> _Due:
        """The transactions to be timed out with this group; the first, and others while it is cheap."""
        rows = self._connection.execute(*ahead.due(now_ms, most, aside))
        found = list(islice((row for row in rows if row[0] not in aside), most))
        due = _Due([], {})
        cost = 0
        for row in found:
            try:
                postings = from_text(row[-1])
                pieces = self._weigher.locked([_place(units) for units in locked_by(postings)])
            except Exception as error:
                raise TimeoutFault(row[0], error) from error
            cost += cost_of.MESSAGE + cost_of.PIECE * pieces
            if due.rows and cost > cost_of.DUE:
                break
            due.rows.append(row)
            due.postings[row[0]] = postings
        return due

    def _units(
        self, needs: Needs, shared: SharedBooks, compared_rows: list[Row], *, alone: bool
    ) -> list[UnitRow]:
        """Rows that messages cross, and rows of transactions that were validated so.

        Of what a proposal moves only rows of its sender's own are loaded: what others hold is not
        there to be judged, nor to be counted. What a report claims may be anybody's: past the bound
        it is not compared, and such a report is decided by itself (see `weighed`).
        """
        rows = self._rows(sql.HELD, runs(needs.moved))
        rows += self._rows(sql.LIVED, needs.issued)
        rows += compared_rows
        rows += self._rows(sql.UNITS, ahead.crossed(needs))
        claimed = joined(chain(*needs.shared.ranges.values()))
        if alone and claimed:
            query, wanted = ahead.question(sql.SOME_UNITS, claimed)
            some = {**wanted, "most": limits.MAX_PIECES_PER_MESSAGE}
            rows += self._connection.execute(query, some).fetchall()
        else:
            rows += self._rows(sql.UNITS, claimed)
        for name in compared(needs.shared, shared):
            most = {"of_registry": name, "most": limits.MAX_REPORTED_HOLDINGS + 1}
            booked = self._connection.execute(sql.BOOKED, most).fetchall()
            if len(booked) > limits.MAX_REPORTED_HOLDINGS:
                shared.not_compared.add(name)
            else:
                rows += booked
        return [decoding.unit(row) for row in {row[:2]: row for row in rows}.values()]

    def _with_neighbours(self, needs: Needs, units: list[UnitRow]) -> Iterable[UnitRow]:
        """The rows, and those of the same issued blocks on either side of each range.

        Nothing is judged by them: what becomes alike is one row again.
        """
        ranges = ahead.beside(needs)
        blocks = {(row.registry, row.issued_first) for row in units}
        rows = map(decoding.unit, self._rows(sql.NEIGHBOURS, ranges))
        beside = [row for row in rows if (row.registry, row.issued_first) in blocks]
        return {(row.registry, row.first): row for row in (*units, *beside)}.values()

    def _reversals(self, needs: Needs) -> dict[str, ReversalRow]:
        rows = self._rows(sql.REVERSALS, needs.reversals)
        return {row[0]: ReversalRow(*row) for row in rows}

    def _reservations(self, needs: Needs) -> Reservations:
        rows = self._rows(sql.RESERVED, needs.issued)
        return Reservations(ReservedRow(*row) for row in rows)

    def _issued(self, units: Iterable[UnitRow]) -> dict[tuple[str, int], IssuedRow]:
        wanted = {(unit.registry, unit.issued_first) for unit in units}
        rows = [IssuedRow(*row) for row in self._rows(sql.ISSUED, wanted)]
        return {(row.registry, row.first): row for row in rows}

    def _found(self, lookups: Iterable[Lookup]) -> list[Found]:
        return [
            Found(Lookup(*asked), Units(registry, SerialRange(first, last)), message)
            for registry, first, last, message, *asked in self._rows(
                sql.LOOKUPS, joined(map(astuple, set(lookups)))
            )
        ]

    def _notices(self, needs: Needs, units: Iterable[UnitRow], now_ms: int) -> NoticeBooks:
        wanted = needs.notices
        if wanted.everybody:
            needs.nodes.update(every_node(self._connection))
        touched = runs({(unit.registry, unit.first, unit.last) for unit in units})
        books = load_notices(self._connection, wanted, touched, now_ms)
        needs.nodes.update(books.programmes.values())
        needs.nodes.update(row.sender_node for row in books.notices.values())
        return books

    def _registries(
        self, needs: Needs, shared: SharedBooks, reconciled: ReconciliationBooks
    ) -> dict[str, RegistryFacts]:
        needs.registries.update(each.registry for each in reconciled.cases.values())
        ahead.of_registries(self._connection, needs)
        rows = self._rows(sql.REGISTRIES, needs.registries)
        rows += self._rows(sql.REGISTRIES_OF, needs.registrars)
        return merged(self._connection, {r[0]: decoding.registry(r) for r in rows}, shared)


def _kept_still(needs: Needs) -> set[tuple[str, int, int]]:
    """Units that a group may move or issue, and that may be in quarantine."""
    moved, issued = (each[2:] for each in needs.moved), (each[2:] for each in needs.issued)
    return {*moved, *issued, *needs.locked}


def _place(units: Units) -> tuple[str, int, int]:
    return units.registry, units.range.first, units.range.last


def _too_many_pieces() -> ProtocolError:
    return ProtocolError(
        Reason.TOO_MANY_BLOCKS,
        f"the units of the message lie in more than {limits.MAX_PIECES_PER_MESSAGE} stored pieces;"
        " send it in parts",
        limit=limits.MAX_PIECES_PER_MESSAGE,
    )


def _needs_of(
    group: Sequence[Received],
    recorded: Container[str],
    broker_node: str,
    also: str | None,
    regimes: Regimes,
) -> Needs:
    needs = Needs(nodes={broker_node})
    if also is not None:
        needs.transactions.add(also)
    for received in group:
        needs.keyids.update(received.keyids)
        needs.nodes.add(received.header.sender_node)
        # What was decided before is only answered again, and what is refused is not judged.
        if received.header.message_id not in recorded and received.refusal is None:
            collect(needs, received, regimes)
    return needs
