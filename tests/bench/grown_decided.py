# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transfer costs in databases of several sizes, in turn: `python -m tests.bench.grown_decided DATABASE DATABASE`.

Registries all over the database propose units that lie between units transferred long ago, and others accept them:
several at once, in one process without a wire, committed to the disk as a broker does. Which, a seed draws.
DATABASE is a file that `python -m tests.bench.grown` made, or the URL of one on a server of this machine to which
`python -m tests.bench.grown_on_server` copied it; transfers are decided in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final

import structlog

from broker.bench.usage import usage
from broker.store.engines import Books, taken
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from itmo.runtime.db.connection import Connection
from itmo.runtime.garbage import spare_what_is_loaded
from tests.api.broker_kit import says
from tests.bench.grown import PIECES, STRIDE, WIDTH, Size, parties_of, proposed, world_of
from tests.kit.clearing import ClearingWorld, failed, receipt_of, verdict_of

AT_ONCE: Final = 32
"""As many as `broker bench` has pairs."""
_TRIES: Final = 50
"""Draws for each transfer, after which nearly all units are taken."""
_STEP: Final = timedelta(milliseconds=1)
"""By which time goes on with each transfer."""
_LEFT: Final = "SELECT 1 FROM unit_block WHERE registry = ? AND first = ? AND last = ? AND account_registry = ?"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units that one registry gives to another."""

    giver: str
    taker: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one round, microseconds for each transfer; of the server, what its process for the one connection used."""

    processor: float
    clock: float
    server: float


@dataclass
class Grown:
    """A database that is open, and how many transfers of each pair were written in bulk."""

    books: Books
    connection: Any
    world: ClearingWorld
    turns: int
    random: Random

    async def round(self, transfers: int) -> Spent:
        """Decides some transfers."""
        lanes = self._drawn(transfers)
        began, wall, server = time.process_time(), time.perf_counter(), self._server()
        await asyncio.gather(*(self._trade(lane) for lane in lanes))
        processor, clock = time.process_time() - began, time.perf_counter() - wall
        done = sum(map(len, lanes))
        each = 1e6 / done
        return Spent(each * processor, each * clock, each * (self._server() - server))

    def _server(self) -> float:
        """Seconds of a processor that the server used for this connection."""
        used = usage(self.connection.raw.info.backend_pid) if self.books.url else None
        return used.processor if used else 0.0

    def _drawn(self, transfers: int) -> list[list[Wanted]]:
        """Of each lane its transfers; a registry is in one lane, since its messages have an order.

        They are looked up on another connection, so that nothing of them is in this one's cache.
        """
        hosts, takers = parties_of(Size(len(self.world.senders), 0))
        pairs = [
            (f"{host}{number:02d}", f"{taker}{number:02d}")
            for host, taker in zip(hosts, takers, strict=True)
            for number in range(2, 11)
        ]
        at_once = min(AT_ONCE, len(pairs))
        with closing(self.books.open_reader()) as looking:
            return [
                self._of_lane(looking, pairs[lane::at_once], transfers // at_once)
                for lane in range(at_once)
            ]

    def _of_lane(
        self, looking: Connection, pairs: list[tuple[str, str]], transfers: int
    ) -> list[Wanted]:
        drawn: dict[Wanted, None] = {}
        for _ in range(transfers * _TRIES):
            giver, taker = self.random.choice(pairs)
            turn, piece = self.random.randrange(self.turns), self.random.randrange(PIECES)
            first = turn * STRIDE + (2 * piece + 1) * WIDTH + 1
            last = first + WIDTH - 1
            if looking.execute(_LEFT, (giver, first, last, giver)).fetchone():
                drawn[Wanted(giver, taker, first, last)] = None
            if len(drawn) == transfers:
                return list(drawn)
        raise RuntimeError(
            f"{self.books.shown}: too few units were left by earlier rounds; make it anew"
        )

    async def _trade(self, lane: Sequence[Wanted]) -> None:
        house, clock = self.world.house, self.world.clock
        for each in lane:
            giver, taker = (self.world.senders[name.lower()] for name in (each.giver, each.taker))
            moved = proposed(self.world, each.giver, each.taker, [(each.first, each.last)])
            offered = says(giver, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=moved))
            verdict = verdict_of(await house.submit(giver.node, offered)).results[0]
            assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
            accepted = proposal_pb2.Acceptance(
                transaction_id=moved.transaction_id, proposal_hash=sha256(offered.payload).digest()
            )
            receipt = receipt_of(await taker.say(PayloadKind.ACCEPTANCE, accepted))
            assert receipt.state == decision_pb2.STATE_COMPLETED, receipt
            clock.advance(_STEP)


async def opened(books: Books, seed: int) -> Grown:
    """Opens a database as a broker's writer does."""
    connection: Any = books.open_writer()
    taken(connection)
    (written,) = connection.execute(
        "SELECT count(*) FROM unit_block WHERE registry = (SELECT max(registry) FROM unit_block)"
    ).fetchone()
    turns = written // (2 * PIECES)
    return Grown(books, connection, await world_of(connection), turns, Random(seed))


async def compare(databases: Sequence[Books], transfers: int, rounds: int, seed: int) -> None:
    """Prints each round, and at the end the medians."""
    grown = [await opened(books, seed) for books in databases]
    spent: dict[Books, list[Spent]] = {books: [] for books in databases}
    spare_what_is_loaded()
    for _ in range(rounds):
        for each in grown:
            spent[each.books].append(await each.round(transfers))
            say({"database": each.books.shown, **asdict(spent[each.books][-1])})
    for each in grown:
        await each.world.house.stop()
        each.connection.close()
        of = spent[each.books]
        processor = [one.processor for one in of]
        say({
            "database": each.books.shown, "rounds": rounds, "processor": statistics.median(processor),
            "least": min(processor), "most": max(processor),
            "clock": statistics.median(one.clock for one in of),
            "server": statistics.median(one.server for one in of),
        })  # fmt: skip


def books_of(place: str) -> Books:
    """Where a database is, by its URL or its file."""
    return Books(Path(), place) if "://" in place else Books(Path(place))


def say(told: dict[str, object]) -> None:
    """Prints a line of JSON, microseconds rounded."""
    rounded = {k: round(v) if isinstance(v, float) else v for k, v in told.items()}
    sys.stdout.write(json.dumps(rounded) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Compares databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("databases", type=books_of, nargs="+")
    parser.add_argument("--transfers", type=int, default=640, help="of a round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(compare(asked.databases, asked.transfers, asked.rounds, asked.seed))


if __name__ == "__main__":
    main()
