# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""JSON that a statement takes apart, in a column or in a parameter, written once for each engine."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Text,
    bindparam,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeEngine

WHOLE: Final = Integer()
"""A whole number."""
WORD: Final = Text()
"""A text, or JSON as it is written."""
FLAG: Final = Boolean()
"""Yes or no, as 1 or 0."""
_Written = ColumnElement[Any] | BindParameter[Any]


class elements(FunctionElement[Any]):  # noqa: N801 - a function, as Core names them
    """The elements of a list, as rows: the JSON itself, or what stands under a key of it."""

    name = "elements"
    inherit_cache = False

    def __init__(self, written: _Written, under: str = "") -> None:
        self.under = under
        super().__init__(written)


class _Part(FunctionElement[Any]):
    """A value by its place in an element, or by its key in a text; the element itself without either."""

    name = "part"
    inherit_cache = False

    def __init__(
        self, written: ColumnElement[Any], place: int | str | None, kind: TypeEngine[Any]
    ) -> None:
        self.place = place
        self.kind = kind
        super().__init__(written)
        self.type = kind


class count_under(FunctionElement[Any]):  # noqa: N801 - as above
    """How many elements the list under a key of a text has."""

    name = "count_under"
    inherit_cache = False

    def __init__(self, written: ColumnElement[Any], under: str) -> None:
        self.under = under
        super().__init__(written)


def listed(parameter: str, kind: TypeEngine[Any] = WORD) -> Select[Any]:
    """Values handed in as one parameter: [...]."""
    values = elements(bindparam(parameter, type_=WORD)).table_valued("value")
    return select(_Part(values.c.value, None, kind))


def keys_of() -> Select[Any]:
    """Names handed in as the one parameter `wanted`: [...]."""
    return listed("wanted")


def rows_listed(parameter: str, **columns: TypeEngine[Any]) -> Subquery:
    """Rows handed in as one parameter: [[...], ...], a column for each place."""
    rows = elements(bindparam(parameter, type_=WORD)).table_valued("value", name="listed")
    return select(
        *(
            _Part(rows.c.value, place, kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        )
    ).subquery(parameter)


def item(element: ColumnElement[Any], place: int, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """A place of an element that is a list."""
    return _Part(element, place, kind)


def part(written: ColumnElement[Any], key: str, kind: TypeEngine[Any] = WORD) -> ColumnElement[Any]:
    """What stands under a key of a text; null where nothing does."""
    return _Part(written, key, kind)


def _argument(element: FunctionElement[Any], compiler: SQLCompiler) -> str:
    return compiler.process(element.clauses)


@compiles(elements, "sqlite")
def _elements_sqlite(element: elements, compiler: SQLCompiler, **_: object) -> str:
    under = f", '$.{element.under}'" if element.under else ""
    return f"json_each({_argument(element, compiler)}{under})"


@compiles(elements, "postgresql")
def _elements_postgresql(element: elements, compiler: SQLCompiler, **_: object) -> str:
    under = f" -> '{element.under}'" if element.under else ""
    return f"json_array_elements({_parsed(element, compiler)}{under})"


@compiles(_Part, "sqlite")
def _part_sqlite(element: _Part, compiler: SQLCompiler, **_: object) -> str:
    if element.place is None:
        return _argument(element, compiler)
    path = f".{element.place}" if isinstance(element.place, str) else f"[{element.place}]"
    return f"json_extract({_argument(element, compiler)}, '${path}')"


@compiles(_Part, "postgresql")
def _part_postgresql(element: _Part, compiler: SQLCompiler, **_: object) -> str:
    by_key = isinstance(element.place, str)
    written = _parsed(element, compiler) if by_key else _argument(element, compiler)
    path = "" if element.place is None else element.place
    found = f"({written} #>> '{{{path}}}')"
    if isinstance(element.kind, Integer):
        return f"CAST({found} AS BIGINT)"
    if isinstance(element.kind, Boolean):
        return f"CAST(CAST({found} AS BOOLEAN) AS INTEGER)"
    return found


@compiles(count_under, "sqlite")
def _count_sqlite(element: count_under, compiler: SQLCompiler, **_: object) -> str:
    return f"json_array_length({_argument(element, compiler)}, '$.{element.under}')"


@compiles(count_under, "postgresql")
def _count_postgresql(element: count_under, compiler: SQLCompiler, **_: object) -> str:
    return f"json_array_length({_parsed(element, compiler)} -> '{element.under}')"


def _parsed(element: FunctionElement[Any], compiler: SQLCompiler) -> str:
    """An empty text is none."""
    return f"CAST(NULLIF({_argument(element, compiler)}, '') AS JSON)"
