# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A grown database behind real servers: `python -m tests.bench.grown_served FILE [FILE]`.

The start, transfers over gRPC between the second pair of registries, and the mailbox of a node that was
away, which comes back. Servers and nodes are one process, so that processor time is that of both. FILE is
made by `python -m tests.bench.grown`; it is changed: nodes are admitted again, transfers are decided.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog

import itmo.runtime.rpc.client  # noqa: F401  # before gRPC, for TLS 1.3
from itmo.clearing.v1 import delivery_service_pb2
from itmo.clock import FakeClock, from_ms
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind
from tests.api.broker_kit import Line, Served, says, served
from tests.bench.grown import proposed

CREDIT: Final = 64
ROUNDS: Final = 5


@dataclass(frozen=True)
class Measured:
    """Figures of one database; seconds and microseconds are processor time.

    Attributes:
        decisions: In the log.
        start_s: From nothing to servers that answer.
        start_wall_s: The same by the clock on the wall.
        transfer_us: The best round's, for proposal and acceptance, broker and nodes together.
        waiting: Deliveries of the node that was away.
        fetched: How many of them it then read and acknowledged.
        delivery_us: For each.
        resident_mib: The most memory that the process had.
    """

    decisions: int
    start_s: float
    start_wall_s: float
    transfer_us: int
    waiting: int
    fetched: int
    delivery_us: int
    resident_mib: int


async def measure(file: Path, transfers: int, most_fetched: int) -> Measured:
    """Serves a grown database and measures it."""
    with closing(sqlite3.connect(file)) as database:
        decisions, last = database.execute(
            "SELECT max(log_index) + 1, max(decided_at) FROM log_leaf"
        ).fetchone()
        pairs = database.execute(
            "SELECT DISTINCT from_registry, to_registry FROM (SELECT * FROM transaction_record"
            " WHERE type = 'TRANSFER' LIMIT 500)"
        ).fetchall()
        chains = {
            node: (sequence, previous)
            for node, sequence, previous in database.execute("SELECT * FROM sender")
        }
        read = database.execute(
            "SELECT b.acknowledged_sequence, coalesce(e.digest, x'') FROM mailbox b LEFT JOIN"
            " mailbox_entry e ON e.node = b.node AND e.sequence = b.acknowledged_sequence"
            " WHERE b.node = ?", (_absent(database),)
        ).fetchone()  # fmt: skip
        absent = _absent(database).upper()
        # Registries of nodes that their Parties designated, as a request to join says again.
        giver, taker = next(
            pair for pair in pairs if absent not in pair and {each[3:] for each in pair} == {"01"}
        )
    clock = FakeClock(from_ms(last) + timedelta(minutes=1))
    began, wall = time.process_time(), time.monotonic()
    async with served(database=file, own_clock=clock) as running:
        started = time.process_time() - began, time.monotonic() - wall
        running.world.clock = clock
        lines = {}
        for registry in (giver, taker, absent):
            sender = await running.world.admit(registry.lower(), registry)
            sequence, previous = chains[registry.lower()]
            sender.chain.next_sequence, sender.chain.previous_payload_hash = sequence, previous
            lines[registry] = await running.line(registry.lower())
        spent = [
            await _transfers(running, (giver, taker), lines, transfers // ROUNDS, each, decisions)
            for each in range(ROUNDS)
        ]
        waiting, fetched, each = await _comes_back(lines[absent], read, most_fetched)
    return Measured(
        decisions, round(started[0], 2), round(started[1], 2), round(min(spent) * 1e6), waiting,
        fetched, round(each * 1e6), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )  # fmt: skip


def _absent(database: sqlite3.Connection) -> str:
    return str(
        database.execute(
            "SELECT node FROM mailbox WHERE node LIKE '%01' ORDER BY last_sequence - acknowledged_sequence DESC LIMIT 1"
        ).fetchone()[0]
    )


async def _transfers(
    running: Served,
    pair: tuple[str, str],
    lines: dict[str, Line],
    count: int,
    turn: int,
    begin: int,
) -> float:
    """Processor time for each of some transfers, proposed and accepted over their nodes' lines."""
    giver, taker = (running.world.senders[name.lower()] for name in pair)
    began, moved = time.process_time(), proposal_pb2.ProposedTransaction()
    for number in range(count):
        serial = 500_000_001 + 100 * (begin + turn * count + number)
        moved = proposed(running.world, *pair, [(serial, serial + 49)])
        offered = says(giver, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=moved))
        await lines[pair[0]].submit(offered)
        accepted = proposal_pb2.Acceptance(
            transaction_id=moved.transaction_id, proposal_hash=sha256(offered.payload).digest()
        )
        await lines[pair[1]].submit(says(taker, PayloadKind.ACCEPTANCE, accepted))
    spent = (time.process_time() - began) / max(1, count)
    state = running.world.connection.execute(
        "SELECT state FROM transaction_record WHERE transaction_id = ?", (moved.transaction_id,)
    ).fetchone()
    assert state == ("COMPLETED",), state
    return spent


async def _comes_back(line: Line, read: tuple[int, bytes], most: int) -> tuple[int, int, float]:
    """A node reads its mailbox as a stream, and acknowledges as it goes."""
    began, call = time.process_time(), line.deliveries.Subscribe()
    frame = delivery_service_pb2.SubscribeRequest
    cursor, digest = read
    await call.write(frame(cursor=cursor, cursor_digest=digest, credit=CREDIT))
    last = cursor + 1
    while cursor < min(last, read[0] + most):
        answer = await call.read()
        assert isinstance(answer, delivery_service_pb2.SubscribeResponse)
        for delivery in answer.deliveries:
            assert delivery.sequence == cursor + 1
            cursor = delivery.sequence
        last = answer.last_sequence
        await call.write(frame(credit=len(answer.deliveries), acknowledged_sequence=cursor))
    call.cancel()
    fetched = cursor - read[0]
    return last - read[0], fetched, (time.process_time() - began) / fetched


def main() -> None:
    """Measures databases one after another, each in the state that the one before left nothing in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--transfers", type=int, default=500)
    parser.add_argument("--fetched", type=int, default=200_000)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for file in asked.files:
        made = asyncio.run(measure(file, asked.transfers, asked.fetched))
        sys.stdout.write(json.dumps({"file": file.name, **asdict(made)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
