# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Accounts, and whose units are in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import bindparam, select

from broker.reports.paris.views import paris_account
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES
from broker.rulebook.paris.accounts import AccountRole
from broker.store import schema as s
from itmo.nomenclature import ADAPTATION_FUND
from itmo.parties import MECHANISM_REGISTRY
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_A: Final = paris_account
_ACCOUNT: Final = Statement(
    select(
        _A.c.account_id,
        _A.c.registry,
        _A.c.account_type,
        _A.c.entity,
        _A.c.role,
        _A.c.party,
        s.registry.c.party.label("registry_party"),
    )
    .select_from(_A)
    .join(s.registry, s.registry.c.registry == _A.c.registry)
    .where(_A.c.account_id == bindparam("of_id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a movement: an account.

    Attributes:
        account_type: Common nomenclatures item 52.
        party: Party whose units are in it; XMR where the mechanism registry ties it to none.
        entity: Entity that holds it; empty: the Party.
        role: What it is for in the mechanism registry; None elsewhere.
    """

    account_id: str
    registry: str
    account_type: int
    party: str
    entity: str = ""
    role: AccountRole | None = None

    @property
    def holds(self) -> bool:
        """True when units in it can still be transferred, used and cancelled."""
        return self.account_type not in FINAL_ACCOUNT_TYPES

    def of_registry(self) -> Side:
        """The side as far as the registry goes, for which accounts of one kind are alike."""
        return replace(self, account_id="", entity="")

    def party_of(self, host: str) -> str:
        """The Party that holds a unit of this host in the account.

        Where the mechanism registry ties an account to no Party, its units are the host's
        (7/CMA.4 annex I para 33); but for the share of proceeds, which is the Adaptation Fund's.
        """
        if self.role is AccountRole.ADAPTATION_FUND:
            return ADAPTATION_FUND
        return host if self.party == MECHANISM_REGISTRY else self.party


class Holders:
    """Accounts by their ids; each is read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sides: dict[str, Side] = {}

    def side(self, account_id: str) -> Side:
        """The account of that id.

        Raises:
            KeyError: there is none; a completed transaction names no such account.
        """
        side = self._sides.get(account_id)
        if side is None:
            side = self._sides[account_id] = self._read(account_id)
        return side

    def _read(self, account_id: str) -> Side:
        found = self._connection.execute(_ACCOUNT, {"of_id": account_id}).fetchone()
        if found is None:
            raise KeyError(account_id)
        name, registry, account_type, entity, role, party, registry_party = found
        return Side(
            account_id=name,
            registry=registry,
            account_type=account_type,
            party=party or registry_party,
            entity=entity or "",
            role=AccountRole(role) if role else None,
        )
