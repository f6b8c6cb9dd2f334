# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads named counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from broker.ledger.tallies import Tallies, Tally
from broker.store import schema as s
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import keys_of
from itmo.runtime.db.statement import Statement

NAMED_TALLIES: Final = Statement(select(s.tally).where(s.tally.c.name.in_(keys_of())))
_EVERY: Final = Statement(select(s.tally).order_by(s.tally.c.name))


def load_tallies(connection: Connection, wanted: Iterable[str]) -> Tallies:
    """The counts of some names; what was never counted stands at zero."""
    names = sorted(set(wanted))
    if not names:
        return Tallies()
    rows = connection.execute(NAMED_TALLIES, {"wanted": json.dumps(names)})
    return Tallies(names, {name: Tally(*counted) for name, *counted in rows})


def every_tally(connection: Connection) -> dict[str, Tally]:
    """Every count, by name."""
    return {name: Tally(*counted) for name, *counted in connection.execute(_EVERY)}
