# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Live units of Kyoto: who holds them, and what they are now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, literal_column, select

from broker.regime.kyoto.reading import issued_attributes
from broker.regime.kyoto.stated_keys import RULEBOOK
from broker.rulebook.kyoto.attributes import KyotoAttributes, with_state
from broker.store import schema as s
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoUnitView:
    """A live range of units: where it is and what every unit in it is now.

    Attributes:
        registry: Originating registry.
        holder_registry: Registry of the account that holds it.
        account_period: Commitment period that the account is for; 0: none.
    """

    registry: str
    range: SerialRange
    account_id: str
    account_type: int
    account_period: int
    holder_registry: str
    locked: bool
    attributes: KyotoAttributes


_U: Final = s.unit_block
_I: Final = s.issued_block
_A: Final = s.account
_UNITS: Final = Statement(
    select(
        _U.c.registry,
        _U.c.first,
        _U.c.last,
        _U.c.account_id,
        _U.c.state,
        _U.c.locked_by,
        _A.c.account_type,
        _A.c.registry.label("holder_registry"),
        _A.c.terms,
        _I.c.attributes,
    )
    .join(_I, and_(_I.c.registry == _U.c.registry, _I.c.first == _U.c.issued_first))
    .join(_A, _A.c.account_id == _U.c.account_id)
    .where(_I.c.rulebook == literal_column(f"'{RULEBOOK}'"))
    .order_by(_U.c.account_id, _U.c.registry, _U.c.first)
)


def kyoto_units(connection: Connection) -> list[KyotoUnitView]:
    """Live ranges by the account that holds them, final accounts included."""
    return [
        KyotoUnitView(
            registry=registry,
            range=SerialRange(first, last),
            account_id=account_id,
            account_type=account_type,
            account_period=json.loads(terms).get("period", 0),
            holder_registry=holder,
            locked=locked_by is not None,
            attributes=with_state(issued_attributes(issued, registry), state),
        )
        for (
            registry,
            first,
            last,
            account_id,
            state,
            locked_by,
            account_type,
            holder,
            terms,
            issued,
        ) in connection.execute(_UNITS)
    ]
