# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's schema and its revisions; run as a command it prints the SQL of the tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from broker.store import (  # their tables belong to the schema
    archive_schema,  # noqa: F401  # as above
    clock_schema,  # noqa: F401  # as above
    event_schema,  # noqa: F401  # as above
    lookup_schema,  # noqa: F401  # as above
    notice_schema,  # noqa: F401  # as above
    reconciliation_schema,  # noqa: F401  # as above
    sharing_schema,  # noqa: F401  # as above
)
from broker.store.catalogues import keep_catalogue
from broker.store.schema import metadata
from broker.store.triggers import DECIDER, TRIGGERS
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import Schema, in_file, version_of
from itmo.runtime.db.postgres_schema import guard

if TYPE_CHECKING:
    from broker.regime.regime import Regime

_FOUND: Final = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
_TELL_CATALOGUE: Final = "UPDATE decider SET catalogues = catalogues + 1"
_FOUND_ON_SERVER: Final = (
    "SELECT obj_description(t.oid, 'pg_trigger') FROM pg_trigger t"
    " JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE t.tgname = ? AND c.relnamespace = current_schema()::regnamespace"
)
SCHEMA: Final = Schema(
    revisions=Path(__file__).parent / "migrations" / "versions",
    metadata=metadata,
    triggers=TRIGGERS,
    program="broker serve",
    besides=DECIDER,
    holds=("SELECT one FROM decider FOR UPDATE",),
    fences=("UPDATE decider SET needs = ?",),
)


def install(connection: Connection, regimes: Iterable[Regime]) -> None:
    """Gives a database the catalogues and the guards of its regimes, and makes guards anew that changed.

    Guards hold nothing, so there is nothing to bring from one version to the next. Those of a database that
    a later version of the program has extended are that program's.
    """
    here = in_file(connection)
    ahead = version_of(connection) > SCHEMA.newest
    for regime in regimes:
        if keep_catalogue(connection, regime) and not here:
            connection.execute(_TELL_CATALOGUE)
        for sql in regime.guards:
            name, table = sql.split()[2], sql.partition(" ON ")[2].split()[0]
            found = connection.execute(_FOUND if here else _FOUND_ON_SERVER, (name,)).fetchone()
            if found is not None and (ahead or found[0] == sql):
                continue
            if found is not None:
                connection.execute(f"DROP TRIGGER {name}" + ("" if here else f" ON {table}"))
            for each in (sql,) if here else guard(sql):
                connection.execute(each)


if __name__ == "__main__":
    written = SCHEMA.sql_for_server() if sys.argv[1:] == ["postgresql"] else SCHEMA.sql()
    sys.stdout.write(written)
