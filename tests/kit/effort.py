# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What work costs, counted and not timed: calls, steps of SQLite, rows that a server reads, and plans."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, cast

from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import in_file

_READ = """SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class
    WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"""
"""Of this transaction; the statistics that others see come later."""


@dataclass
class Effort:
    """What was counted; what a server reads is known at the end."""

    taken: int = 0


@contextmanager
def calls(found: Effort) -> Iterator[None]:
    """Counts what this thread calls, of Python and of C.

    Time would be that of the machine and of all that ran before: one full collection of what a long
    run of tests has left takes half a second.
    """

    def see(frame: FrameType, event: str, argument: Any) -> None:  # noqa: ANN401  # as it is called
        found.taken += event in {"call", "c_call"}

    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(None)


@contextmanager
def effort(connection: Connection, each: int = 1) -> Iterator[Effort]:
    """Counts steps of SQLite in so many at once, or what a server reads in one transaction."""
    found = Effort()

    def step() -> int:
        found.taken += 1
        return 0

    if in_file(connection):
        connection.set_progress_handler(step, each)
        try:
            yield found
        finally:
            connection.set_progress_handler(None, 0)
        return
    connection.execute("ANALYZE")  # as a server does by itself, some time later
    connection.execute("BEGIN")
    try:
        (before,) = connection.execute(_READ).fetchone()
        yield found
        found.taken = connection.execute(_READ).fetchone()[0] - before
    finally:
        connection.execute("ROLLBACK")


def read_through(connection: Connection, statement: str, given: Any) -> list[str]:  # noqa: ANN401 - a row or a mapping
    """Tables that a statement reads from end to end, by the plan that the engine makes for it."""
    if in_file(connection):
        asked = connection.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
        plan = [step for *_, step in asked if "VIRTUAL TABLE" not in step]
        found = [step for step in plan if not step.startswith("SEARCH") and "SUBQUERY" not in step]
    else:
        from itmo.runtime.db.postgres import PostgresConnection, translated

        # Few rows are read through whatever there is; so it does that only where no index will do.
        connection.execute("SET enable_seqscan = off")
        asked = (
            cast("PostgresConnection", connection)
            .raw.execute(f"EXPLAIN {translated(statement)}", given)
            .fetchall()
        )
        connection.execute("SET enable_seqscan = on")
        plan = [step for (step,) in asked if " on " in step]
        found = [step for step in plan if "Seq Scan" in step]
    assert plan, "nothing is looked at"
    return found
