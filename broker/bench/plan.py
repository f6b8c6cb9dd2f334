# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is measured: the cases of a short run and of a full one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from broker.bench import MAX_PAIRS
from broker.bench.transfers import Accounts
from itmo import limits


class Engine(StrEnum):
    """Where the broker's books are."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Case:
    """One way to bring transfers.

    Attributes:
        name: Of the case, unlike every other's.
        batch: Transfers proposed in one message.
        accounts: Between which they move.
        rate: Transfers per second that are signed in advance; more than any machine has cleared so.
        pairs: Of registries, at most: what waits for its turn must not wait for its deadline.
        streamed: Whether each node sends on one stream, instead of by calls.
        workers: Processes that hold the lines to nodes, besides the one that decides.
    """

    name: str
    batch: int
    accounts: Accounts
    rate: int
    pairs: int = MAX_PAIRS
    streamed: bool = False
    workers: int = 0

    def with_workers(self, workers: int) -> Case:
        """The same with so many workers, under a name that says so."""
        if not workers:
            return self
        counted = "1 worker" if workers == 1 else f"{workers} workers"
        return replace(self, name=f"{self.name}, {counted}", workers=workers)


SINGLE: Final = Case("single", 1, Accounts.UNIFORM, 2_500)
STREAMED: Final = Case("single, streamed", 1, Accounts.UNIFORM, 3_000, streamed=True)
HOT: Final = Case("single, hot account", 1, Accounts.HOT, 2_500)
_LARGEST: Final = min(1_000, limits.MAX_PROPOSALS_PER_BATCH)
"""The largest batch of the protocol."""
CASES: Final = (
    SINGLE,
    STREAMED,
    HOT,
    Case("single, within a registry", 1, Accounts.WITHIN, 4_000),
    Case("batch of 64", 64, Accounts.UNIFORM, 10_000),
    Case(f"batch of {_LARGEST}", _LARGEST, Accounts.UNIFORM, 20_000, pairs=4),
    Case("batch of 64, within a registry", 64, Accounts.WITHIN, 12_000),
)
"""Those of a full run; a short one has the first."""
WITH_WORKERS: Final = (SINGLE.with_workers(1), STREAMED.with_workers(1))
"""Besides, in a full run: one process decides, and one holds the lines, as two processors take them."""
PAIR: Final = Case("single, PostgreSQL pair", 1, Accounts.UNIFORM, 2_000)
ON_PAIR: Final = (PAIR, PAIR.with_workers(1))
"""Besides, in a full run, where a pair of servers can be started."""
