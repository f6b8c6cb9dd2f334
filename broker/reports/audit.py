# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The full audit of a broker's database: every invariant of the design, computed anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from broker.reports.invariants import adjustments, record, transactions, transitions, units
from broker.reports.snapshot import snapshot
from itmo.runtime.db.connection import Connection

MAX_SHOWN: Final = 20
"""Places told for one invariant: a damaged database can be broken in millions."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold after every commit.

    Attributes:
        name: Short, in words.
        broken: Yields a sentence for every place where it does not hold.
    """

    name: str
    broken: Callable[[Connection], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Audited:
    """What came of one invariant: nothing broken, or sentences that say where."""

    name: str
    broken: tuple[str, ...]


GENERAL: Final[tuple[Invariant, ...]] = (
    Invariant("issued blocks are partitioned", units.issued_blocks_are_partitioned),
    Invariant("issued blocks come from issuances", units.issued_blocks_come_from_issuances),
    Invariant("locks belong to open transactions", units.locks_belong_to_open_transactions),
    Invariant("serials are reserved by issuances that wait", units.waiting_issuances_reserve),
    Invariant("closed accounts are empty", units.closed_accounts_are_empty),
    Invariant("adjustments sum to zero", adjustments.entries_have_two_sides),
    Invariant("adjustments match transactions", adjustments.entries_match_transactions),
    Invariant("the log is whole", record.log_is_whole),
    Invariant("payloads have their hashes", record.payloads_have_their_hashes),
    Invariant("chains are gapless", record.chains_are_gapless),
    Invariant("mailboxes are gapless", record.mailboxes_are_gapless),
    Invariant("events give states", transactions.events_give_states),
    Invariant("units end once and begin once", transitions.units_end_once_and_begin_once),
)
"""What holds whatever the rulebook."""


def audit(connection: Connection, invariants: Sequence[Invariant]) -> list[Audited]:
    """Checks invariants on one state of the database; one result for each, in order.

    Args:
        connection: The database.
        invariants: Those that hold under every rulebook, and those of the regimes in force.
    """
    with snapshot(connection):
        return [_audited(connection, invariant) for invariant in invariants]


def broken_invariants(connection: Connection, invariants: Sequence[Invariant]) -> list[str]:
    """Sentences that say which invariant is broken where; empty when all hold."""
    return [
        f"{result.name}: {sentence}"
        for result in audit(connection, invariants)
        for sentence in result.broken
    ]


def _audited(connection: Connection, invariant: Invariant) -> Audited:
    found: list[str] = []
    try:
        # One more is asked for, so that the last line can say that there are more.
        found.extend(islice(invariant.broken(connection), MAX_SHOWN + 1))
    # Whatever a damaged row makes of the computation: that it cannot be done is the finding.
    except Exception as error:  # noqa: BLE001
        found.append(f"cannot be computed, {type(error).__name__}: {error}")
    if len(found) > MAX_SHOWN:
        found[MAX_SHOWN:] = ["there are more"]
    return Audited(invariant.name, tuple(found))
