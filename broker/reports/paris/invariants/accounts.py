# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of accounts: their types are those of common nomenclatures item 52."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import bindparam, select

from broker.regime.paris.stated_keys import RULEBOOK
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES
from broker.store import schema as s
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_ACCOUNTS: Final = Statement(
    select(s.account.c.account_id, s.account.c.account_type, s.account.c.final).where(
        s.account.c.rulebook == bindparam("of_rulebook")
    )
)


def final_accounts_are_marked(connection: Connection) -> Iterator[str]:
    """Accounts that never let units out are marked as such."""
    for account_id, account_type, final in connection.execute(_ACCOUNTS, {"of_rulebook": RULEBOOK}):
        if bool(final) != (account_type in FINAL_ACCOUNT_TYPES):
            yield f"account {account_id} of type {account_type} is marked final: {bool(final)}"
