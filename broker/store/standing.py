# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a database on a server is doing: who decides there, and which servers follow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import in_file

DECIDES: Final = "itmo decides "
"""What the server calls the connection of a process that decides, before the name of the process."""
ASLEEP_SECONDS: Final = 10
"""A process that falls asleep in the middle of a decision has the row for so long, and all others wait. What is
judged between two statements takes a third of a second at the limits of the protocol."""
_END_SLEEPERS: Final = (
    "SELECT application_name, pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE ?"
    " AND state LIKE 'idle in transaction%'"
    " AND extract(epoch FROM clock_timestamp() - state_change) > ?"
)
_DECIDER: Final = "SELECT epoch, turns, holder FROM decider"
_BROKERS: Final = (
    "SELECT application_name, coalesce(host(client_addr), ''),"
    " (extract(epoch FROM backend_start) * 1000)::bigint FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE ? ORDER BY backend_start"
)
_STANDBYS: Final = (
    "SELECT application_name, coalesce(sync_state, ''),"
    " greatest(coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0), 0)::bigint"
    " FROM pg_stat_replication ORDER BY application_name"
)
_OLDEST_READER: Final = (
    "SELECT coalesce(nullif(application_name, ''), backend_type), age(backend_xmin)::bigint FROM pg_stat_activity"
    " WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'"
    " AND coalesce(datname, current_database()) = current_database()"
    " ORDER BY age(backend_xmin) DESC LIMIT 1"
)
"""For who reads another database there nothing is kept here. Also a standby that tells of its own readers, which has none. A role that is no monitor sees those of its own name. For one that
vacuums nothing is kept."""


@dataclass(frozen=True, slots=True)
class BrokerStanding:
    """A broker that is connected to decide, and whether it decided last."""

    process: str
    address: str
    since: datetime
    last: bool


@dataclass(frozen=True, slots=True)
class StandbyStanding:
    """A server that follows, whether commits wait for it, and how far it is behind."""

    name: str
    kind: str
    lag_bytes: int


@dataclass(frozen=True, slots=True)
class DatabaseStanding:
    """A database on a server: see operator_service.proto."""

    epoch: int
    turns: int
    brokers: tuple[BrokerStanding, ...]
    standbys: tuple[StandbyStanding, ...]
    oldest_reader: str
    written_since: int


def database_standing(connection: Connection) -> DatabaseStanding | None:
    """How the database is doing; None for a file, which has one broker."""
    if in_file(connection):
        return None
    epoch, turns, holder = connection.execute(_DECIDER).fetchone()
    brokers = connection.execute(_BROKERS, (f"{DECIDES}%",)).fetchall()
    standbys = connection.execute(_STANDBYS).fetchall()
    reader, written = connection.execute(_OLDEST_READER).fetchone() or ("", 0)
    return DatabaseStanding(
        epoch,
        turns,
        tuple(
            BrokerStanding(process, address, from_ms(since), process == holder)
            for name, address, since in brokers
            for process in (name.removeprefix(DECIDES),)
        ),
        tuple(StandbyStanding(*row) for row in standbys),
        reader,
        written,
    )


def end_sleepers(connection: Connection) -> list[str]:
    """Has the server end what processes began that have fallen asleep meanwhile; returns their names.

    The server's own limit is no help: it does not count for a transaction whose last statements were sent
    together. Nothing is lost: when such a process wakes up its connection is gone, and nothing of it was
    answered.
    """
    ended = connection.execute(_END_SLEEPERS, (f"{DECIDES}%", ASLEEP_SECONDS)).fetchall()
    return [name.removeprefix(DECIDES) for name, _ in ended]
