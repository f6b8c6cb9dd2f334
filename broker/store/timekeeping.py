# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's clock over restarts: where it was last right, and what the operator took for right."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from broker.store.genesis import Network, read_network
from broker.store.log_head import LAST_LEAF
from itmo import limits
from itmo.clock import Clock, ClockMark, OffsetClock, SystemClock, from_ms, to_ms, to_text
from itmo.envelope import pae
from itmo.keys import Signer
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import in_file

_log: Final = structlog.get_logger()
_MILLISECOND: Final = timedelta(milliseconds=1)
_READ: Final = "SELECT seen_at, since_boot, boot FROM clock_mark"
_BY_SERVER: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_KEEP: Final = (
    "INSERT INTO clock_mark (id, seen_at, since_boot, boot) VALUES (1, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at,"
    " since_boot = excluded.since_boot, boot = excluded.boot"
)
_ACCEPT: Final = (
    "INSERT INTO clock_acceptance (log_index, accepted_at, expected_at, keyid, signature)"
    " VALUES (?, ?, ?, ?, ?)"
)
ACCEPTANCE: Final = "application/vnd.itmo.clock-acceptance"
"""The payload type under which an acceptance is signed: no message of the protocol has it."""
ACCEPTED: Final = (
    "SELECT accepted_at FROM clock_acceptance"
    " WHERE log_index > (SELECT max(log_index) FROM log_leaf) ORDER BY number DESC LIMIT 1"
)
"""A time that was accepted since the last decision."""


def read_mark(connection: Connection) -> ClockMark | None:
    """Where the clock was last right; None when no run has left word."""
    row = connection.execute(_READ).fetchone()
    return row and ClockMark(from_ms(row[0]), row[1] * _MILLISECOND, row[2])


def keep_mark(connection: Connection, mark: ClockMark) -> None:
    """Keeps where the clock is right."""
    connection.execute(_KEEP, (to_ms(mark.seen), mark.since_boot // _MILLISECOND, mark.boot))


def earliest_decision(connection: Connection) -> int:
    """The time before which nothing may be decided: the last decision's, or one accepted since."""
    last = connection.execute(LAST_LEAF).fetchone()
    if last is None:
        return 0
    accepted = connection.execute(ACCEPTED).fetchone()
    return int(last[1] if accepted is None else min(last[1], accepted[0]))


def acceptance(network: Network, log_index: int, accepted_at: int, expected_at: int) -> bytes:
    """What the operator signs: which time, in place of which, from which decision of which database."""
    whose = f"{network.network_id} {network.database_id}"
    return f"{whose} {log_index} {accepted_at} {expected_at}".encode()


def keep_acceptance(
    connection: Connection, signer: Signer, accepted_at: int, expected_at: int
) -> None:
    """Keeps that the operator took a time for right; decisions from here on may be earlier."""
    network = read_network(connection)
    if network is None:
        raise LookupError("the database was never founded")
    last = connection.execute(LAST_LEAF).fetchone()
    log_index = 0 if last is None else last[0] + 1
    signed = pae(ACCEPTANCE, acceptance(network, log_index, accepted_at, expected_at))
    row = (log_index, accepted_at, expected_at, signer.keyid, signer.sign(signed))
    connection.execute(_ACCEPT, row)


def machine_clock(clock: Clock) -> SystemClock | None:
    """The machine's clock under the broker's; None where a test has its own."""
    base = clock.base if isinstance(clock, OffsetClock) else clock
    return base if isinstance(base, SystemClock) else None


def resume_clock(clock: Clock, connection: Connection) -> None:
    """Compares the machine's clock with where it was last right and with the last decision.

    Where the database is on a server, its clock says better where this one must be: word may have been left by
    another broker, on another machine, or long ago.
    """
    machine = machine_clock(clock)
    if machine is None:
        return
    ahead = clock.offset if isinstance(clock, OffsetClock) else timedelta(0)
    earliest = earliest_decision(connection)
    latest = from_ms(earliest) - ahead if earliest else None
    machine.resume(_by_server(connection, machine) or read_mark(connection), latest)


def _by_server(connection: Connection, machine: SystemClock) -> ClockMark | None:
    if in_file(connection):
        return None
    mark = machine.mark()
    return mark and replace(mark, seen=from_ms(connection.execute(_BY_SERVER).fetchone()[0]))


def keep_clock(clock: Clock, connection: Connection) -> None:
    """Keeps where the machine's clock is right, for the next start; nothing while it is not."""
    machine = machine_clock(clock)
    mark = machine.mark() if machine else None
    if mark is not None:
        keep_mark(connection, mark)


def accept_clock(clock: Clock, connection: Connection, told: datetime, signer: Signer) -> datetime:
    """Takes the machine's time for right, when the operator says the same by another clock.

    The record stays as it is. Decisions from here on may be earlier than the last one. That this was
    said is signed with the operator's key.

    Raises:
        ProtocolError: CLOCK_NOT_SETTABLE, when the clock is right already, or says something else
            than the operator.
    """
    look = clock.look()
    if look.fault is None:
        raise ProtocolError(
            Reason.CLOCK_NOT_SETTABLE,
            f"The clock is right already: it is {to_text(look.now)}.",
            now=to_text(look.now),
        )
    if abs(look.fault.found - told) > limits.CLOCK_TOLERANCE:
        raise ProtocolError(
            Reason.CLOCK_NOT_SETTABLE,
            f"The machine's clock says {to_text(look.fault.found)}, which is not {to_text(told)}."
            " Set the machine's clock (time service) first, then accept it.",
            now=to_text(look.fault.found),
            found=to_text(told),
        )
    now = clock.accept()
    keep_acceptance(connection, signer, to_ms(now), to_ms(look.fault.expected))
    keep_clock(clock, connection)
    _log.warning("clock_accepted", time=to_text(now), expected=to_text(look.fault.expected))
    return now
