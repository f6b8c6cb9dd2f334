# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From stored rows to what the command path knows."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from broker.clearing.decision.rows import (
    EntryRow,
    KeyRow,
    MessageRow,
    NodeRow,
    StatementRow,
    TransactionRow,
)
from broker.ledger.units import UnitRow
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import RegistryFacts
from broker.store import schema as s
from itmo.runtime.db.rows import Read

Row = tuple[Any, ...]
"""A row as the driver hands it over: the edge where types begin."""

_KEPT: Final = 4_096
"""Rows of each table kept as they were read: half a kilobyte each, and most are read again."""

transaction: Final = Read(
    TransactionRow,
    s.transaction.c.keys(),
    marks=lambda text: tuple(filter(None, text.split(","))),
)
"""A row of transaction_record; its postings are not read."""
unit: Final = Read(UnitRow)
"""A row of unit_block, in column order without quantity and the registry of its account."""
registry: Final = lru_cache(_KEPT)(
    Read(RegistryFacts, s.registry.c.keys(), rulebooks=lambda text: tuple(text.split()))
)
"""A row of registry."""
account: Final = lru_cache(_KEPT)(Read(AccountFacts, s.account.c.keys()))
"""A row of account."""
key: Final = lru_cache(_KEPT)(Read(KeyRow, s.key.c.keys()))
"""A row of key."""
message: Final = Read(MessageRow, s.message.c.keys())
"""A row of message."""
node: Final = lru_cache(_KEPT)(Read(NodeRow, s.node.c.keys()))
"""A row of node."""
statement: Final = Read(StatementRow)
"""A row of statement with its signature, or nulls."""
entry: Final = Read(EntryRow, s.adjustment_entry.c.keys())
"""A row of adjustment_entry."""
