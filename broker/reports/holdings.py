# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How many units each account holds."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from broker.reports.snapshot import halves, whole
from broker.store import schema as s
from broker.store.statements import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account and how many units it holds."""

    account_id: str
    registry: str
    account_type: int
    final: bool
    ndc_first: int | None
    ndc_last: int | None
    non_ghg_metric: str
    entity: str
    closed: bool
    units: int


_A: Final = s.account
_ACCOUNTS: Final = sql(
    select(*_A.c, *halves(s.unit_block.c.quantity))
    .select_from(_A.outerjoin(s.unit_block, s.unit_block.c.account_id == _A.c.account_id))
    .group_by(_A.c.account_id)
    .order_by(_A.c.registry, _A.c.account_type, _A.c.account_id)
)


def accounts(connection: sqlite3.Connection, registry: str | None = None) -> list[AccountView]:
    """Every account, closed and empty ones included."""
    return [
        AccountView(
            account_id=row[0],
            registry=row[1],
            account_type=row[2],
            final=bool(row[3]),
            ndc_first=row[4],
            ndc_last=row[5],
            non_ghg_metric=row[6],
            entity=row[7],
            closed=bool(row[8]),
            units=whole(*row[-2:]),
        )
        for row in connection.execute(_ACCOUNTS)
        if registry in (None, row[1])
    ]


def holdings(connection: sqlite3.Connection) -> dict[str, int]:
    """Units of every account by its id; an empty account has 0."""
    return {account.account_id: account.units for account in accounts(connection)}
