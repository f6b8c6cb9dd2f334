# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the ledger keeps of Paris units, as reports select it: with the parts of their state.

They are subqueries and no views of the database: SQLite before 3.41 takes no function of JSON from
a schema that it is told not to trust.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, func, literal_column, select

from broker.store import schema as s

_U: Final = s.unit_block
_I: Final = s.issued_block


def _state(key: str, name: str) -> ColumnElement[Any]:
    return func.json_extract(_U.c.state, literal_column(f"'$.{key}'")).label(name)


paris_unit: Final[Subquery] = (
    select(
        _U.c.registry,
        _U.c.first,
        _U.c.last,
        _U.c.quantity,
        _U.c.issued_first,
        _U.c.account_id,
        _U.c.locked_by,
        _state("vintage", "vintage"),
        _state("authorization", "authorization_id"),
        _state("version", "authorization_version"),
        _state("first_transferred", "first_transferred"),
        _I.c.attributes,
        _I.c.transaction_id.label("issued_by"),
    )
    .join(_I, and_(_I.c.registry == _U.c.registry, _I.c.first == _U.c.issued_first))
    .subquery("paris_unit")
)
"""Live ranges with what their state says, and with what was stated when they were issued."""
