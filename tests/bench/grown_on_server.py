# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A grown database on a server: `python -m tests.bench.grown_on_server FILE URL`.

FILE is made by `python -m tests.bench.grown`; its rows are copied as they are into an empty database, which
afterwards knows their statistics, as one does that has grown for years.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from broker.known_regimes import REGIMES
from broker.store.engines import prepare

_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
)
"""A server has some besides, which say who decides; they stay as they are made."""


def copy_to(file: Path, url: str, told: Callable[[str, int], None] = lambda _, __: None) -> None:
    """Copies a broker's file into an empty database of a server.

    Args:
        file: The file; it is only read.
        url: Of the database.
        told: Told of each table that is over, with its rows.
    """
    prepare(url, REGIMES)
    with (
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as grown,
        psycopg.connect(url) as server,
    ):
        # Rows come table by table: what refers to another row, and the guards of both, are as they were there.
        server.execute("SET session_replication_role = replica")
        for (name,) in grown.execute(_TABLES).fetchall():
            told(name, _copied(grown, server, name))
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("VACUUM ANALYZE")


def _copied(
    grown: sqlite3.Connection, server: psycopg.Connection[tuple[object, ...]], name: str
) -> int:
    columns = [name for _, name, *_ in grown.execute(f'PRAGMA table_info("{name}")')]
    server.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    rows = 0
    with server.cursor() as cursor, cursor.copy(into) as copy:
        for row in grown.execute(f'SELECT * FROM "{name}"'):
            copy.write_row(row)
            rows += 1
    return rows


def main() -> None:
    """Copies one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("url")
    asked = parser.parse_args()
    began = time.monotonic()

    def told(table: str, rows: int) -> None:
        if rows:
            sys.stdout.write(f"{time.monotonic() - began:6.0f} s  {table}: {rows}\n")
            sys.stdout.flush()

    copy_to(asked.file, asked.url, told)
    sys.stdout.write(f"{time.monotonic() - began:6.0f} s in all\n")


if __name__ == "__main__":
    main()
