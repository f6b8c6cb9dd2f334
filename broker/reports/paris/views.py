# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the ledger keeps of Paris units, as reports select it: with the parts of their state.

They are subqueries and no views of the database: SQLite before 3.41 takes no function of JSON from
a schema that it is told not to trust.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, literal_column, select
from sqlalchemy.types import TypeEngine

from broker.regime.paris.stated_keys import RULEBOOK
from broker.store import schema as s
from itmo.runtime.db.json_text import FLAG, WHOLE, WORD, part

_U: Final = s.unit_block
_I: Final = s.issued_block


def of_paris(rulebook: ColumnElement[str]) -> ColumnElement[bool]:
    """True for rows of Paris: a database holds those of other rulebooks, too."""
    return rulebook == literal_column(f"'{RULEBOOK}'")


def _part(
    written: ColumnElement[str], key: str, name: str = "", kind: TypeEngine[Any] = WORD
) -> ColumnElement[Any]:
    return part(written, key, kind).label(name or key)


_A: Final = s.account
paris_account: Final[Subquery] = (
    select(
        _A.c.account_id,
        _A.c.registry,
        _A.c.account_type,
        _A.c.final,
        _A.c.closed,
        *(
            _part(_A.c.terms, key, kind=WHOLE if key.startswith("ndc") else WORD)
            for key in ("ndc_first", "ndc_last", "non_ghg_metric", "entity", "role", "party")
        ),
    )
    .where(of_paris(_A.c.rulebook))
    .subquery("paris_account")
)
"""Accounts with what their terms say; null where they say nothing."""


paris_unit: Final[Subquery] = (
    select(
        _U.c.registry,
        _U.c.first,
        _U.c.last,
        _U.c.quantity,
        _U.c.issued_first,
        _U.c.account_id,
        _U.c.locked_by,
        _part(_U.c.state, "vintage", kind=WHOLE),
        _part(_U.c.state, "authorization", "authorization_id"),
        _part(_U.c.state, "version", "authorization_version", WHOLE),
        _part(_U.c.state, "first_transferred", kind=FLAG),
        _I.c.attributes,
        _I.c.transaction_id.label("issued_by"),
    )
    .join(_I, and_(_I.c.registry == _U.c.registry, _I.c.first == _U.c.issued_first))
    .where(of_paris(_I.c.rulebook))
    .subquery("paris_unit")
)
"""Live ranges with what their state says, and with what was stated when they were issued."""
