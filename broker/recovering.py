# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The way out after a loss: a database that lacks acknowledged decisions is taken as it is."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Final

from broker.store import genesis
from broker.store.engines import Books, taken
from broker.store.log_head import NOTHING, log_end
from broker.store.migrate import SCHEMA
from broker.store.sql import ADD_REFUSED
from itmo.clock import to_ms
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.head import End, Head, head_path
from itmo.runtime.db.shortfall import accept_shortfall, refuse_absent

_OPERATOR: Final = "operator"


def accept_loss(books: Books, now: datetime) -> str:
    """Gives a database that does not run a head which fits it, and records why.

    Returns:
        What was missing, in one sentence; empty where nothing was.

    Raises:
        ProtocolError: CONFIGURATION_INVALID: there is no database, or it is in use.
    """
    if not books.url:
        refuse_absent(books.file, NOTHING, "Put a back-up in place first.")
    with closing(books.open_writer()) as connection:
        SCHEMA.upgrade(connection)
        taken(connection)
        if genesis.read_network(connection) is None:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"The database {books.shown} is empty. Put a back-up in place, or move the head"
                f" {head_path(books.file)} aside to found a new network.",
                setting="database",
                found=books.shown,
            )

        def record(found: str, end: End) -> Head:
            connection.execute(
                ADD_REFUSED.sql,
                (to_ms(now), _OPERATOR, Reason.LEDGER_AUDIT_FAILED, found, end.head.digest),
            )
            return end.head

        return accept_shortfall(connection, books.file, log_end, record)
