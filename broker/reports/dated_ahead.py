# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the record holds of a time that has not come: what a clock that was ahead has left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, select, text

from broker.store import nodes
from broker.store import schema as s
from broker.store.log_head import LAST_LEAF
from itmo import limits
from itmo.clock import MAX_CLOCK_STEP, from_ms, to_ms, to_text
from itmo.keys import PublicKey
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement, some

_MOST: Final = 100
_WAITING: Final = Statement(
    select(s.transaction.c.transaction_id, s.transaction.c.deadline)
    .where(text(f"state IN ({s.OPEN_STATES})"), s.transaction.c.deadline > bindparam("after"))
    .order_by(s.transaction.c.deadline)
)


class AheadKind(StrEnum):
    """What is dated ahead."""

    DECISION = "decision"
    KEYS = "keys"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True)
class DatedAhead:
    """Something that the record dates later than it can be.

    Attributes:
        kind: What it is.
        name: Place in the log, node, or transaction.
        until: When the time will have come.
    """

    kind: AheadKind
    name: str
    until: datetime

    def __str__(self) -> str:
        until = to_text(self.until)
        if self.kind is AheadKind.DECISION:
            return f"The last decision ({self.name}) is of {until}."
        if self.kind is AheadKind.KEYS:
            return f"No key of {self.name} is valid before {until}: register its next one."
        return f"Transaction {self.name} would wait until {until}: have it answered or withdrawn."


def dated_ahead(connection: Connection, now: datetime) -> list[DatedAhead]:
    """What of the record is later than it can be at `now`; empty on a clock that was never wrong.

    Of transactions the first hundred. A key registered for later is none while its node has another.
    """
    found: list[DatedAhead] = []
    last = connection.execute(LAST_LEAF).fetchone()
    if last is not None and from_ms(last[1]) > now + MAX_CLOCK_STEP:
        found.append(DatedAhead(AheadKind.DECISION, str(last[0]), from_ms(last[1])))
    found.extend(_keys(nodes.keys(connection), now))
    latest = to_ms(now + limits.MAX_TRANSACTION_LIFETIME + MAX_CLOCK_STEP)
    waiting = some(connection, _WAITING, {"after": latest}, _MOST)
    for name, deadline in waiting:
        found.append(DatedAhead(AheadKind.TRANSACTION, name, from_ms(deadline)))
    return found


def _keys(keys: list[PublicKey], now: datetime) -> list[DatedAhead]:
    first: dict[str, datetime] = {}
    for key in keys:
        if key.revoked_at is None and key.not_after > now:
            start = first.get(key.node, key.not_before)
            first[key.node] = min(start, key.not_before)
    return [
        DatedAhead(AheadKind.KEYS, node, start)
        for node, start in sorted(first.items())
        if start > now + MAX_CLOCK_STEP
    ]
