# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Live units of Paris: who holds them, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, literal_column, select

from broker.regime.paris.reading import stated_attributes
from broker.reports.paris.views import of_paris, paris_account, paris_unit
from broker.rulebook.paris.attributes import Attributes
from broker.store.schema import issued_block
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import Read
from itmo.runtime.db.statement import Statement, some


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitView:
    """A live range of units: where it is and what is true of every unit in it.

    Attributes:
        registry: Originating registry.
        issued_first: First serial number of the block it was issued in.
        holder_registry: Registry of the account that holds it.
        holder_party: Party of that registry, or the one that an account of the mechanism registry is
            tied to.
        attributes: As issued; vintage and authorization below are those of today.
        issued_by: The transaction that issued it.
    """

    registry: str
    first: int
    last: int
    issued_first: int
    account_id: str
    account_type: int
    holder_registry: str
    holder_party: str
    vintage: int
    authorization_id: str
    authorization_version: int
    first_transferred: bool
    locked_by: str | None
    attributes: Attributes
    issued_by: str

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1


_A: Final = paris_account
_U: Final = paris_unit
_I: Final = issued_block
_VIEW: Final = select(
    _U.c.registry,
    _U.c.first,
    _U.c.last,
    _U.c.issued_first,
    _U.c.account_id,
    _A.c.account_type,
    _A.c.registry.label("holder_registry"),
    _U.c.vintage,
    _U.c.authorization_id,
    _U.c.authorization_version,
    _U.c.first_transferred,
    _U.c.locked_by,
    _U.c.attributes,
    _U.c.issued_by,
    func.coalesce(
        func.nullif(_A.c.party, literal_column("''")),
        func.substr(_A.c.registry, literal_column("1"), literal_column("3")),
    ).label("holder_party"),
).join(_A, _A.c.account_id == _U.c.account_id)
_view: Final = Read(UnitView, _VIEW.selected_columns.keys(), attributes=stated_attributes)
# Live ranges are disjoint: only the one with the greatest first at or before the serial can hold it.
_UNIT_AT: Final = Statement(
    _VIEW.where(_U.c.registry == bindparam("of_registry"), _U.c.first <= bindparam("serial"))
    .order_by(_U.c.first.desc())
    .limit(literal_column("1"))
)
_BY_ACCOUNT: Final = _VIEW.order_by(_U.c.account_id, _U.c.registry, _U.c.first)
_UNITS: Final = Statement(_BY_ACCOUNT)
_UNITS_WITHIN: Final = Statement(
    _VIEW.where(
        _U.c.registry == bindparam("of_registry"),
        _U.c.first.between(bindparam("first"), bindparam("last")),
    )
)
_ISSUED: Final = Statement(
    select(_I.c.registry, _I.c.first, _I.c.last, _I.c.attributes).where(of_paris(_I.c.rulebook))
)
_UNITS_OF: Final = Statement(_BY_ACCOUNT.where(_A.c.registry == bindparam("of_registry")))


def unit_at(connection: Connection, registry: str, serial: int) -> UnitView | None:
    """The live range that a unit is part of.

    Args:
        connection: The database.
        registry: Originating registry.
        serial: Serial number.

    Returns:
        None, where no such unit was issued.
    """
    row = connection.execute(_UNIT_AT, {"of_registry": registry, "serial": serial}).fetchone()
    if row is None or row[2] < serial:
        return None
    return _view(row)


def units(
    connection: Connection,
    registry: str | None = None,
    *,
    approach: str | None = None,
    limit: int | None = None,
) -> list[UnitView]:
    """Live ranges by the account that holds them; of one registry's accounts, of one approach, or all.

    Args:
        connection: The database.
        registry: Only those in accounts of this registry; None: all.
        approach: Only those of this cooperative approach; None: all.
        limit: At most so many, where no approach is named; None: all.
    """
    if approach is not None:
        names = [
            {"of_registry": of, "first": first, "last": last}
            for of, first, last, issued in connection.execute(_ISSUED).fetchall()
            if stated_attributes(issued).cooperative_approach == approach
        ]
        rows = (row for each in names for row in connection.execute(_UNITS_WITHIN, each))
        return sorted(map(_view, rows), key=lambda e: (e.account_id, e.registry, e.first))
    asked, of = (_UNITS, {}) if registry is None else (_UNITS_OF, {"of_registry": registry})
    listed = connection.execute(asked, of) if limit is None else some(connection, asked, of, limit)
    return list(map(_view, listed))
