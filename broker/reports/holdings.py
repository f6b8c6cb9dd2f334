# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Accounts and how many units each holds, as of now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from broker.reports.snapshot import halves, whole
from broker.store import schema as s
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account and how many units it holds.

    Attributes:
        terms: What its rulebook has stated of it besides.
    """

    account_id: str
    registry: str
    rulebook: str
    account_type: int
    final: bool
    closed: bool
    terms: Mapping[str, object]
    units: int


_A: Final = s.account
_EVERY: Final = (
    select(
        _A.c.account_id,
        _A.c.registry,
        _A.c.rulebook,
        _A.c.account_type,
        _A.c.final,
        _A.c.closed,
        _A.c.terms,
        *halves(s.unit_block.c.quantity),
    )
    .select_from(_A.outerjoin(s.unit_block, s.unit_block.c.account_id == _A.c.account_id))
    .group_by(_A.c.account_id)
    .order_by(_A.c.registry, _A.c.account_type, _A.c.account_id)
)
_ACCOUNTS: Final = Statement(_EVERY)
_OF_A_REGISTRY: Final = Statement(_EVERY.where(_A.c.registry == bindparam("registry")))


def accounts(connection: Connection, registry: str | None = None) -> list[AccountView]:
    """Every account, closed and empty ones included; with a registry, only its own are looked at."""
    found = (
        connection.execute(_ACCOUNTS)
        if registry is None
        else connection.execute(_OF_A_REGISTRY, {"registry": registry})
    )
    return [
        AccountView(
            account_id=account_id,
            registry=kept_in,
            rulebook=rulebook,
            account_type=account_type,
            final=bool(final),
            closed=bool(closed),
            terms=json.loads(terms),
            units=whole(high, low),
        )
        for account_id, kept_in, rulebook, account_type, final, closed, terms, high, low in found
    ]


def holdings(connection: Connection) -> dict[str, int]:
    """Units of every account by its id; an empty account has 0."""
    return {account.account_id: account.units for account in accounts(connection)}
