# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The way out after a loss: a database that lacks acknowledged decisions is taken as it is."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from broker.app import DATABASE_ID
from broker.store import genesis
from broker.store.log_head import NOTHING, log_end
from broker.store.migrate import SCHEMA
from broker.store.statements import ADD_REFUSED
from itmo.clock import to_ms
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.head import End, Head, HeadFile, check_end, head_path, read_head
from itmo.runtime.db.sqlite import open_writer

_OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A loss that was accepted, or nothing to accept.

    Attributes:
        missing: What was missing, in one sentence; empty where nothing was.
        decisions: With how many decisions the log goes on.
    """

    missing: str
    decisions: int


def missing_in(database: Path, end: End) -> str:
    """What a database lacks by its head; a head that cannot be read is a sentence too."""
    try:
        return check_end(database, read_head(head_path(database)), end)
    except ProtocolError as error:
        return error.message


def accept_loss(database: Path, now: datetime) -> Accepted:
    """Gives a database that does not run a head which fits it, and records why.

    Raises:
        ProtocolError: CONFIGURATION_INVALID: there is no database, or it is in use.
    """
    if not database.exists():
        lost = missing_in(database, NOTHING)
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"There is no database {database}. Put a back-up in place first."
            + (f" {lost}" if lost else ""),
            setting="database",
            found=str(database),
        )
    with closing(open_writer(database, application_id=DATABASE_ID)) as connection:
        SCHEMA.upgrade(connection)
        if genesis.read_network(connection) is None:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"The database {database} is empty. Put a back-up in place, or move the head"
                f" {head_path(database)} aside to found a new network.",
                setting="database",
                found=str(database),
            )
        end = log_end(connection)
        missing = missing_in(database, end)
        if missing:
            found = f"the loss was accepted: {missing}"
            connection.execute(
                ADD_REFUSED.sql,
                (to_ms(now), _OPERATOR, Reason.LEDGER_AUDIT_FAILED, found, end.head.digest),
            )
            HeadFile.make(database, end.head).close()
        return Accepted(missing, end.head.position)


def head_of(database: Path) -> Head | None:
    """The head beside a database, or None.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, when it is damaged.
    """
    return read_head(head_path(database))
