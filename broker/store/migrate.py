# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's schema and its revisions; run as a command it prints the SQL of the tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from broker.regime.regime import Regime
from broker.store import (  # their tables belong to the schema
    clock_schema,  # noqa: F401  # as above
    event_schema,  # noqa: F401  # as above
    lookup_schema,  # noqa: F401  # as above
    notice_schema,  # noqa: F401  # as above
    reconciliation_schema,  # noqa: F401  # as above
    sharing_schema,  # noqa: F401  # as above
)
from broker.store.schema import metadata
from broker.store.triggers import TRIGGERS
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import Schema

_FOUND: Final = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
_KEEP_CATALOGUE: Final = (
    "INSERT INTO catalogue (digest, content) VALUES (?, ?) ON CONFLICT DO NOTHING"
)
SCHEMA: Final = Schema(
    revisions=Path(__file__).parent / "migrations" / "versions",
    metadata=metadata,
    triggers=TRIGGERS,
    program="broker serve",
)


def install(connection: Connection, regimes: Iterable[Regime]) -> None:
    """Gives a database the catalogues and the guards of its regimes, and makes guards anew that changed.

    Guards hold nothing, so there is nothing to bring from one version to the next.
    """
    for regime in regimes:
        connection.execute(_KEEP_CATALOGUE, (regime.digest, regime.catalogue))
        for sql in regime.guards:
            name = sql.split()[2]
            found = connection.execute(_FOUND, (name,)).fetchone()
            if found is not None and found[0] == sql:
                continue
            if found is not None:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(sql)


if __name__ == "__main__":
    sys.stdout.write(SCHEMA.sql())
