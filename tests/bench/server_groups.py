# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a group of transfers asks of a PostgreSQL server. `python -m tests.bench.server_groups`.

Transfers between two registries go through a house in this process, so many at once; what its deciding
connection says is counted by libpq's own trace: statements, and trips (each ends with a Sync, or is a
simple query). Processor time is of this process without the signing of the messages, and of all
processes of the server; on a machine that does other work, too, only the counts say anything for sure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from psycopg import pq

from broker.app import Parts, build_house
from broker.bench.field import BROKER, NETWORK, Field, build_field, receipt_signer
from broker.bench.servers import Servers
from broker.bench.transfers import Exchange, sign_transfers
from broker.bench.usage import usage_below
from broker.clearing.path.clerk import ClerkLimits
from broker.known_regimes import REGIMES
from broker.store.engines import groups_of, taken
from broker.store.fence import Decider
from broker.store.genesis import Network
from itmo.clearing.v1.transaction_service_pb2 import SubmitRequest
from itmo.clock import SystemClock
from itmo.ids import RandomIds
from itmo.keys import MemorySigner
from itmo.payloads import from_proto
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.thread import InlineDatabase
from tests.kit.postgres import server

_PAIRS = 32
_SENT = re.compile(r"^F\t\d+\t(\w+)(.*)$", re.MULTILINE)


async def measure(url: str, pids: Sequence[int], rounds: int) -> dict[str, object]:
    """Clears so many rounds of a transfer of each pair; the first ones warm up."""
    with tempfile.TemporaryDirectory() as name:
        field = await build_field(Path(name), _PAIRS, url=url)
        return await _cleared(field, pids, rounds)


async def _cleared(field: Field, pids: Sequence[int], rounds: int) -> dict[str, object]:
    with closing(field.books.open_writer()) as connection:
        taken(connection)
        database = InlineDatabase(connection)
        parts = Parts(
            network=Network(NETWORK, BROKER, test_network=True),
            clock=SystemClock(),
            ids=RandomIds(),
            signer=receipt_signer(field.directory),
            operator_signer=MemorySigner.from_seed(b"o" * 32),
            clerk_limits=ClerkLimits(),
            regimes=REGIMES,
        )
        faults: list[BaseException] = []
        groups = 0

        class Counted(groups_of(connection)):  # type: ignore[misc]  # of the engine
            def _begin(self, connection: Connection) -> None:
                nonlocal groups
                groups += 1
                super()._begin(connection)

        house = build_house(parts, database, database, faults.append, stored=Counted)
        await house.start()
        work = sign_transfers(field.pairs, rounds + 2, datetime.now(UTC))

        async def exchange(place: int, each: Exchange) -> None:
            pair = field.pairs[place]
            proposal = from_proto(SubmitRequest.FromString(each.proposal).envelope)
            await house.submit(pair.giver.chain.node, proposal)
            acceptance = from_proto(
                SubmitRequest.FromString(each.accepted(datetime.now(UTC))).envelope
            )
            await house.submit(pair.taker.chain.node, acceptance)

        async def clear(number: int) -> None:
            await asyncio.gather(
                *(exchange(place, each[number]) for place, each in enumerate(work))
            )

        await clear(0)
        await clear(1)
        with tempfile.TemporaryFile() as traced:
            decider = cast("Decider", connection) if field.url else None
            if decider is not None:
                decider.raw.pgconn.trace(traced.fileno())
                decider.raw.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
            groups = 0
            used, servers = time.process_time(), usage_below(pids)
            for number in range(rounds):
                await clear(number + 2)
            used = time.process_time() - used
            after = usage_below(pids)
            if decider is not None:
                decider.raw.pgconn.untrace()
            traced.seek(0)
            said = traced.read().decode(errors="replace")
        transfers = rounds * _PAIRS
        kinds = Counter(found[1] for found in _SENT.finditer(said))
        await house.stop()
        assert faults == []
        spent = after.processor - servers.processor if after and servers else 0.0
        return {
            "transfers": transfers,
            "groups": groups,
            "transfers in a group of each kind": round(2 * transfers / groups, 1),
            "statements per group": round((kinds["Execute"] + kinds["Query"]) / groups, 1),
            "trips per group": round((kinds["Sync"] + kinds["Query"]) / groups, 1),
            "statements per transfer": round((kinds["Execute"] + kinds["Query"]) / transfers, 2),
            "trips per transfer": round((kinds["Sync"] + kinds["Query"]) / transfers, 2),
            "prepared meanwhile": kinds["Parse"],
            "broker ms per transfer": round(1000 * used / transfers, 3),
            "server ms per transfer": round(1000 * spent / transfers, 3),
        }


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--sqlite", action="store_true")
    asked = parser.parse_args()
    if asked.sqlite:
        sys.stdout.write(json.dumps(asyncio.run(measure("", (), asked.rounds)), indent=1))
        return
    with server("synchronous_commit=on") as here:
        servers = Servers(here.url("postgres"))
        assert here.process is not None
        with servers.database() as url:
            sys.stdout.write(
                json.dumps(asyncio.run(measure(url, [here.process.pid], asked.rounds)), indent=1)
            )


if __name__ == "__main__":
    main()
