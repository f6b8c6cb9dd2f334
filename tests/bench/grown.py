# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker's database of any size: `python -m tests.bench.grown FILE --transfers N`.

Parties, registries, accounts, authorizations, one issuance and one transfer of each pair of registries
are really decided. All further transfers are copies of the pair's own, written in bulk: rows as the
command path writes them, with new ids, serials, sequences and leaf hashes. Invented are their payloads
(they state the first transfer's ids and serials), their signatures, the proposal hashes and the digests
of the mailboxes. Such a database passes the start-up audit, and no replay.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from broker.app import bring_up_to_date
from broker.known_regimes import REGIMES
from broker.log.merkle import leaf_data, leaf_hash
from broker.store import schema as s
from broker.store.engines import DATABASE_ID
from itmo.clock import from_ms, to_ms
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.paris.v1 import attributes_pb2, authorization_pb2, terms_pb2
from itmo.parties_table import ALPHA2_OF_COUNTRY
from itmo.payloads import PayloadKind
from itmo.runtime.db.sqlite import open_writer
from tests.kit.clearing import (
    ClearingWorld,
    Sender,
    attributes,
    failed,
    new_world,
    state_approach,
    state_party,
)

OF_A_PARTY: Final = 10
"""Registries of each Party; half of the Parties give, half take."""
PIECES: Final = 5
"""Ranges that a transfer moves; between any two of them one stays behind."""
WIDTH: Final = 100
"""Units of a range."""
STRIDE: Final = 2 * PIECES * WIDTH
_ABSENT_SHARE: Final = 10
"""One in so many transfers goes to the first pair, whose taker never fetches anything."""
_NOW: Final = datetime(2025, 3, 1, tzinfo=UTC)
_UNIT: Final = tuple(c.name for c in s.unit_block.c)


@dataclass
class Pair:
    """A giver, a taker, and the pattern of their transfers."""

    giver: str
    taker: str
    transfers: int
    done: int = 1
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Size:
    """How large: registries, and transfers in all."""

    registries: int
    transfers: int


def grow(path: Path, size: Size) -> None:
    """Makes a database in a file that is not there."""
    with closing(open_writer(path, application_id=DATABASE_ID)) as connection:
        bring_up_to_date(connection, REGIMES)
        # A log of all that is written at once would be as large again as the database.
        for mode in ("synchronous = OFF", "journal_mode = DELETE", "journal_mode = OFF"):
            connection.execute(f"PRAGMA {mode}").fetchall()
        grow_in(connection, size)
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


def grow_in(connection: sqlite3.Connection, size: Size) -> list[Pair]:
    """Fills a database that has the schema."""
    pairs = asyncio.run(_decided(connection, size))
    connection.execute("PRAGMA foreign_keys = OFF")
    made = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND (type = 'trigger' OR (type = 'index' AND name NOT LIKE 'sqlite%'))"
    ).fetchall()
    connection.execute("BEGIN")
    for kind, name, _ in made:
        connection.execute(f"DROP {kind} {name}")
    _Copies(connection, pairs).write()
    for _, _, text in sorted(made):
        connection.execute(text)
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON")
    return pairs


async def world_of(connection: sqlite3.Connection) -> ClearingWorld:
    """A house over a grown database, with every sender's chain where it stands."""
    decided = connection.execute("SELECT max(decided_at) FROM log_leaf").fetchone()[0]
    world = await new_world(connection, start=max(_NOW, from_ms(decided) + timedelta(minutes=1)))
    for node, sequence, previous in connection.execute("SELECT * FROM sender").fetchall():
        if node in {"operator", "broker"}:
            continue
        sender = _sender(world, node)
        sender.chain.next_sequence, sender.chain.previous_payload_hash = sequence, previous
    return world


def parties_of(size: Size) -> tuple[list[str], list[str]]:
    """Those that give and those that take."""
    wanted = max(2, size.registries // OF_A_PARTY)
    some = sorted(ALPHA2_OF_COUNTRY)[:wanted]
    return some[: wanted // 2], some[wanted // 2 :]


def _sender(world: ClearingWorld, node: str) -> Sender:
    from itmo.chain import SenderChain
    from itmo.identifiers import NodeId
    from itmo.keys import MemorySigner
    from tests.kit.clearing import BROKER, NETWORK

    chain = SenderChain(
        node=NodeId(node), recipient=BROKER, network_id=NETWORK,
        signer=MemorySigner.from_seed(node.encode().ljust(32, b".")), ids=world.ids,
    )  # fmt: skip
    sender = Sender(NodeId(node), (node.upper(),), chain, world)
    world.senders[node] = sender
    return sender


async def _decided(connection: sqlite3.Connection, size: Size) -> list[Pair]:
    """What is really decided."""
    world = await new_world(connection, start=datetime(2024, 1, 10, tzinfo=UTC))
    hosts, takers = parties_of(size)
    for party in (*hosts, *takers):
        await state_party(world, party)
        for number in range(1, OF_A_PARTY + 1):
            await _join(world, party, number)
    for number, (host, taker) in enumerate(zip(hosts, takers, strict=True)):
        approach = approach_of(number)
        await state_approach(world, approach, (host, taker))
        await world.senders[f"{host}01".lower()].say(
            PayloadKind.AUTHORIZATION_STATEMENT,
            authorization_pb2.AuthorizationStatement(
                authorization_id=f"{host}-1", version=1, party=host, parties=[taker],
                cooperative_approach=approach, purposes=[authorization_pb2.PURPOSE_NDC],
                vintages=terms_pb2.YearSpan(first=2022, last=2030), date="2023-08-01",
            ),
        )  # fmt: skip
    made: list[Pair] = []
    all_pairs = len(hosts) * OF_A_PARTY
    absent = size.transfers // _ABSENT_SHARE
    each = (size.transfers - absent) // max(1, all_pairs - 1)
    for number, (host, taker) in enumerate(zip(hosts, takers, strict=True)):
        for registry in range(1, OF_A_PARTY + 1):
            pair = Pair(f"{host}{registry:02d}", f"{taker}{registry:02d}", each if made else absent)
            await _first(world, pair, approach_of(number))
            made.append(pair)
    await world.house.stop()
    return made


def approach_of(number: int) -> str:
    """The cooperative approach of the pair of Parties with a number."""
    return f"CA{5000 + number:04d}"


async def _join(world: ClearingWorld, party: str, number: int) -> None:
    from itmo.core.v1 import statements_pb2
    from itmo.envelope import seal
    from tests.kit.clearing import NETWORK

    registry = f"{party}{number:02d}"
    sender = _sender(world, registry.lower())
    request = statements_pb2.JoinRequest(
        network_id=NETWORK, node=sender.node, kind=statements_pb2.NODE_KIND_NATIONAL,
        registries=[registry], designated_parties=[party] if number == 1 else [],
        public_key=sender.chain.signer.public_key, tls_request=b"unused in memory",
    )  # fmt: skip
    signed = seal(PayloadKind.JOIN_REQUEST.label, request.SerializeToString(), sender.chain.signer)
    await world.operator.admit(signed, bytes(32))
    await world.open_account(sender, registry, 100)


async def _first(world: ClearingWorld, pair: Pair, approach: str) -> None:
    """The issuance and the transfer that are the pattern of all others."""
    giver, taker = (world.senders[name.lower()] for name in (pair.giver, pair.taker))
    stated: attributes_pb2.UnitAttributes = attributes()
    stated.cooperative_approach, stated.first_transferring_party = approach, pair.giver[:3]
    stated.authorization.id = f"{pair.giver[:3]}-1"
    last = STRIDE * (pair.transfers + 1_000_000)
    issued = proposed(world, pair.giver, pair.giver, [(1, last)])
    issued.type = proposal_pb2.TRANSACTION_TYPE_ISSUANCE
    issued.blocks[0].attributes.CopyFrom(rulebooks_pb2.UnitAttributes(paris=stated))
    verdict = await giver.propose(issued)
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    tables = [t for t in s.metadata.sorted_tables if t.name in _COPIED]
    before = {t.name: _last(world.connection, t.name) for t in tables}
    moved = proposed(world, pair.giver, pair.taker, pieces(0))
    verdict = await giver.propose(moved)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    await taker.accept(moved.transaction_id)
    for table in tables:
        names = [c.name for c in table.c]
        rows = world.connection.execute(
            f'SELECT * FROM "{table.name}" WHERE rowid > ?', (before[table.name],)
        )
        pair.rows[table.name] = [dict(zip(names, row, strict=True)) for row in rows]
    pair.ids = [
        moved.transaction_id,
        *(str(row["message_id"]) for row in pair.rows["message"]),
        *(str(row["statement_id"]) for row in pair.rows["statement"]),
    ]


def pieces(turn: int) -> list[tuple[int, int]]:
    """What the transfer of a turn moves."""
    begin = turn * STRIDE
    return [(begin + n * 2 * WIDTH + 1, begin + n * 2 * WIDTH + WIDTH) for n in range(PIECES)]


def proposed(
    world: ClearingWorld, giver: str, taker: str, blocks: list[tuple[int, int]]
) -> proposal_pb2.ProposedTransaction:
    """A transfer of units of the giver's own."""
    accounts = [make_account_id(RegistryId(each), 100, 1) for each in (giver, taker)]
    return proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(), type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        from_account=accounts[0], to_account=accounts[1], from_registry=giver, to_registry=taker,
        blocks=[units_pb2.UnitBlock(registry=giver, first=a, last=b) for a, b in blocks],
    )  # fmt: skip


_COPIED: Final = (
    "message", "statement", "statement_signature", "log_leaf", "transaction_record",
    "transaction_event", "adjustment_entry", "mailbox_entry",
)  # fmt: skip


def _last(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{table}"').fetchone()[0])


class _Copies:
    """Writes the transfers of all pairs by turns, so that their rows lie as if they had come so."""

    def __init__(self, connection: sqlite3.Connection, pairs: list[Pair]) -> None:
        self._connection = connection
        self._pairs = pairs
        self._log = count(_last(connection, "log_leaf") + 1)
        self._entry = count(_last(connection, "adjustment_entry") + 1)
        self._sequence = count(
            connection.execute("SELECT max(sequence) FROM statement").fetchone()[0] + 1
        )
        self._at = to_ms(datetime(2024, 1, 11, tzinfo=UTC))
        total = max(1, sum(pair.transfers for pair in pairs))
        self._step = max(1, (to_ms(_NOW) - self._at) // total - 1)
        self._senders = dict(connection.execute("SELECT node, next_sequence FROM sender"))
        self._boxes = dict(connection.execute("SELECT node, last_sequence FROM mailbox"))
        self._rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _COPIED}
        self._units: list[tuple[object, ...]] = []
        self._marks = {
            name: ", ".join("?" * len(s.metadata.tables[name].c))
            for name in (*_COPIED, "unit_block")
        }
        self._number = 0

    def write(self) -> None:
        """Writes all."""
        live = {pair.giver: self._live(pair) for pair in self._pairs}
        self._connection.execute("DELETE FROM unit_block")
        for turn in range(1, max(pair.transfers for pair in self._pairs)):
            for pair in self._pairs:
                if turn < pair.transfers:
                    self._copy(pair, turn, live[pair.giver])
        for pair in self._pairs:
            given, taken, rest = live[pair.giver]
            self._unit(pair, 0, pair.ids[0], given, taken)
            begin = pair.transfers * STRIDE - WIDTH + 1
            row = {**given, "first": begin, "last": rest, "quantity": rest - begin + 1}
            self._units.append(tuple(row[name] for name in _UNIT))
        self._flush()
        self._finish()

    def _live(self, pair: Pair) -> tuple[dict[str, Any], dict[str, Any], int]:
        """A row of the giver's, one of the taker's, and the last serial issued."""
        rows = self._connection.execute(
            "SELECT * FROM unit_block WHERE registry = ? ORDER BY first", (pair.giver,)
        ).fetchall()
        taken, given = (dict(zip(_UNIT, row, strict=True)) for row in rows[:2])
        return given, taken, int(rows[-1][2])

    def _unit(
        self, pair: Pair, turn: int, name: str, given: dict[str, Any], taken: dict[str, Any]
    ) -> None:
        """What a transfer leaves: the pieces moved, and those between them."""
        rest = pieces(turn)
        for at, (first, last) in enumerate(rest):
            moved = {**taken, "first": first, "last": last, "moved_by": name}
            self._units.append(tuple(moved[each] for each in _UNIT))
            if at < PIECES - 1 or turn < pair.transfers - 1:
                stays = {**given, "first": last + 1, "last": last + WIDTH, "quantity": WIDTH}
                self._units.append(tuple(stays[each] for each in _UNIT))

    def _copy(
        self, pair: Pair, turn: int, live: tuple[dict[str, Any], dict[str, Any], int]
    ) -> None:
        self._number += 1
        self._at += self._step
        names = {old: _name(self._at, self._number, n) for n, old in enumerate(pair.ids)}
        base = min(int(str(row["log_index"])) for row in pair.rows["log_leaf"])
        places = {base + n: next(self._log) for n in range(len(pair.rows["log_leaf"]))}
        said: dict[int, list[bytes]] = {}
        for row in pair.rows["statement"]:
            place = places[row["log_index"]]
            said.setdefault(place, []).append(row["payload_hash"])
            self._add("statement", row | {
                "statement_id": names[row["statement_id"]], "sequence": next(self._sequence),
                "causation_id": names[row["causation_id"]], "transaction_id": names[pair.ids[0]],
                "log_index": place,
            })  # fmt: skip
        for row in pair.rows["statement_signature"]:
            if row["statement_id"] in names:
                self._add("statement_signature", row | {"statement_id": names[row["statement_id"]]})
        heard: dict[int, bytes] = {}
        for row in pair.rows["message"]:
            sender, place = str(row["sender_node"]), places[row["log_index"]]
            heard[place] = row["payload_hash"]
            self._add("message", row | {
                "message_id": names[row["message_id"]], "sender_sequence": self._senders[sender],
                "log_index": place,
            })  # fmt: skip
            self._senders[sender] += 1
        for row in pair.rows["log_leaf"]:
            place = places[row["log_index"]]
            self._add("log_leaf", row | {
                "log_index": place, "leaf_hash": leaf_hash(leaf_data(heard[place], said[place])),
                "message_id": names[row["message_id"]], "transaction_id": names[pair.ids[0]],
                "decided_at": self._at,
            })  # fmt: skip
        self._ledgers(pair, turn, names, places)
        self._unit(pair, turn, names[pair.ids[0]], live[0], live[1])
        if len(self._rows["message"]) > 20_000:
            self._flush()

    def _ledgers(
        self, pair: Pair, turn: int, names: dict[str, str], places: dict[int, int]
    ) -> None:
        name, offset = names[pair.ids[0]], turn * STRIDE
        (row,) = pair.rows["transaction_record"]
        postings = json.loads(str(row["postings"]))
        for part in ("moves", "restates", "bookings"):
            for each in postings[part]:
                each[1] += offset
                each[2] += offset
        self._add("transaction_record", row | {
            "transaction_id": name, "message_id": names[row["message_id"]],
            "proposed_at": self._at, "deadline": self._at + 86_400_000, "updated_at": self._at,
            "postings": json.dumps(postings, separators=(",", ":")),
        })  # fmt: skip
        for row in pair.rows["transaction_event"]:
            place = places[row["log_index"]]
            self._add("transaction_event", row | {"transaction_id": name, "log_index": place})
        for row in pair.rows["adjustment_entry"]:
            self._add("adjustment_entry", row | {
                "entry_id": next(self._entry), "transaction_id": name, "booked_at": self._at,
                "first": int(str(row["first"])) + offset, "last": int(str(row["last"])) + offset,
                "log_index": places[row["log_index"]],
            })  # fmt: skip
        for row in pair.rows["mailbox_entry"]:
            node = str(row["node"])
            self._boxes[node] += 1
            said = [names[each] for each in str(row["statement_ids"]).split(",")]
            heard = names[row["message_id"]] if row["message_id"] else None
            self._add("mailbox_entry", row | {
                "sequence": self._boxes[node], "transaction_id": name, "message_id": heard,
                "statement_ids": ",".join(said), "enqueued_at": self._at,
                "digest": hashlib.sha256(name.encode()).digest(),
            })  # fmt: skip

    def _add(self, table: str, row: dict[str, Any]) -> None:
        self._rows[table].append(tuple(row.values()))

    def _flush(self) -> None:
        for table, rows in (*self._rows.items(), ("unit_block", self._units)):
            self._connection.executemany(
                f'INSERT INTO "{table}" VALUES ({self._marks[table]})', rows
            )
            rows.clear()

    def _finish(self) -> None:
        """Chains and mailboxes stand at their last row."""
        self._connection.execute(
            "UPDATE sender SET next_sequence = m.last + 1, previous_payload_hash = m.hash FROM"
            " (SELECT sender_node, max(sender_sequence) AS last, payload_hash AS hash FROM message"
            " GROUP BY sender_node) m WHERE m.sender_node = sender.node"
        )
        self._connection.execute(
            "UPDATE sender SET (next_sequence, previous_payload_hash) ="
            " (SELECT sequence + 1, payload_hash FROM statement ORDER BY sequence DESC LIMIT 1)"
            " WHERE node = 'broker'"
        )
        for node, last in self._boxes.items():
            read = 0 if node == self._pairs[0].taker.lower() else last
            self._connection.execute(
                "UPDATE mailbox SET last_sequence = ?, acknowledged_sequence = ? WHERE node = ?",
                (last, read, node),
            )
        for name, column in (("first_transferred", "quantity"), ("unspent", "quantity")):
            for number in range(len(self._pairs) // OF_A_PARTY):
                some = self._pairs[number * OF_A_PARTY : (number + 1) * OF_A_PARTY]
                total = sum(max(pair.transfers, 1) for pair in some) * PIECES * WIDTH
                self._connection.execute(
                    f"UPDATE tally SET {column} = ? WHERE name = ?",
                    (total, f"{name}:CA{5000 + number:06d}"),
                )


def _name(at: int, number: int, part: int) -> str:
    text = f"{at:012x}7{part:03x}8{number:015x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def main() -> None:
    """Makes one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--transfers", type=int, default=100_000)
    parser.add_argument("--registries", type=int, default=1_000)
    asked = parser.parse_args()
    grow(asked.file, Size(asked.registries, asked.transfers))


if __name__ == "__main__":
    main()
