# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A copy of the database of a broker that runs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click

from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.database import show_back_up


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Writes a complete copy of the database to FILE while the broker runs, and verifies it."""
    from broker.store import log_head
    from itmo.clock import SystemClock
    from itmo.runtime.db.back_up import back_up, note_back_up

    run = session()
    with run.reader(older=True) as connection:
        if not isinstance(connection, sqlite3.Connection):
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                "The database is on PostgreSQL, whose own tools back it up: pg_dump for a copy, pgbackrest"
                " or barman for every commit up to a moment. The page postgresql.md shows how.",
                setting="database.url",
            )
        made = back_up(connection, file, log_head.log_size)
    note_back_up(run.settings().database.path, made, SystemClock().now())
    show_back_up(run, made, {"decisions": made.holds})
