# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Values that a row ought to have and has not: empty cells and what was not understood, at their cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aef.applicability import RULES
from aef.checks.casefile import Entry
from aef.checks.series import series_of
from aef.checks.states import Note, undetermined
from aef.checks.wording import cell
from aef.layout import ACTIONS, AUTHORIZATIONS, HOLDINGS, TABLES, Need
from aef.model import ActionRow, UnitRow

RANGE: Final = "one range of units from First ID to Last ID"
"""What ids do not give that are there and make no range."""
_COLUMNS: Final = {
    (table.key, column.field): column.title for table in TABLES for column in table.columns
}
_BY_ANOTHER: Final = frozenset({"quantity"})
"""Fields that another field stands in for: units that are named count themselves."""
_NEEDED: Final = {
    table.key: tuple(
        column.field
        for column in table.columns
        if column.need is Need.REQUIRED and column.field not in _BY_ANOTHER
    )
    for table in (ACTIONS, HOLDINGS)
} | {AUTHORIZATIONS.key: ("authorization_id", "cooperative_approach")}
"""By table, the fields of which every row has a value. Of table 2, checks say themselves what they miss,
but for the ids by which they find a row."""
_NOTHING: Final[tuple[object, ...]] = (None, "", (), frozenset())
"""What the model holds where nothing was understood."""


def is_empty(value: object) -> bool:
    """True for what the model holds where a field has no value."""
    return value in _NOTHING


def missing_value(table: str, field: str, *, empty: bool) -> str:
    """What is missing where a field has no value, for people."""
    title = cell(_COLUMNS.get((table, field), field))
    return f"a value under {title}" if empty else f"a value that can be read under {title}"


def lacking(entry: Entry, *fields: str) -> Iterator[Note]:
    """Notes which of these fields of a row have no value, each at its cell."""
    row = entry.row
    table = ACTIONS if isinstance(row, ActionRow) else HOLDINGS
    for field in fields:
        if hasattr(row, field) and is_empty(getattr(row, field)):
            words = missing_value(table.key, field, empty=field not in row.written)
            yield undetermined(entry.reference(field=field), words)


def without_units(entry: Entry) -> Iterator[Note]:
    """Notes why a row's ids make no range of units."""
    empty = tuple(lacking(entry, "first_id", "last_id"))
    yield from empty or (undetermined(entry.reference(field="first_id"), RANGE),)


def fields_without_value(table: str, row: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - of any table
    """Yields the fields of a row that apply and have no value, and what is missing."""
    rules = RULES.get(table, {})
    told = set[str]()
    for name in row.written:
        # Of a time frame, years of use may be understood where those of mitigation are not stated.
        other = getattr(row, f"use_{name}", None)
        if not hasattr(row, name) or not is_empty(getattr(row, name)) or other is not None:
            continue
        if name in rules and rules[name](_by_name(row)) is False:
            continue  # what does not apply is not missed
        told.add(name)
        yield name, missing_value(table, name, empty=False)
    for name in _NEEDED.get(table, ()):
        if name not in told and is_empty(getattr(row, name)):
            told.add(name)
            yield name, missing_value(table, name, empty=True)
    if isinstance(row, UnitRow) and not told & {"first_id", "last_id"} and not series_of(row):
        yield "first_id", RANGE


def _by_name(row: Any) -> dict[str, Any]:  # noqa: ANN401 - of any table
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
