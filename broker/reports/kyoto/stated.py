# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was stated of Parties and projects, as of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from broker.regime.kyoto.regime import KYOTO
from broker.regime.kyoto.stated_keys import RULEBOOK
from broker.regime.regime import SEPARATOR, Key
from broker.reports.snapshot import until
from broker.store.stated import Span, stated_messages
from itmo.runtime.db.connection import Connection


def every_stated(
    connection: Connection, kind: str, as_of: datetime | None = None
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The parts of each name and what was stated under it, each time anew, the oldest first.

    Args:
        connection: The database.
        kind: Kind of what is stated.
        as_of: Leave out what was stated later; None: nothing.
    """
    last = until(as_of)
    for said in stated_messages(connection, Span.every(RULEBOOK, kind)):
        if said.decided_at <= last:
            key = Key(RULEBOOK, kind, said.name)
            yield tuple(said.name.split(SEPARATOR)), KYOTO.read(key, said.payload)


def stated_last(
    connection: Connection, kind: str, as_of: datetime | None = None
) -> dict[tuple[str, ...], Any]:
    """What was stated last under each name, by its parts; see `every_stated`."""
    return dict(every_stated(connection, kind, as_of))
