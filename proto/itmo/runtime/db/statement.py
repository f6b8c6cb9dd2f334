# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A statement built once with SQLAlchemy Core, and its text for each engine, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect
from sqlalchemy.engine import Dialect

from itmo.runtime.db.connection import Connection


class _Compiler(SQLiteCompiler):
    def limit_clause(self, select: Any, **how: Any) -> str:  # noqa: ANN401 - of Core
        """As it is written: Core would add an OFFSET of its own, with a parameter that has no name."""
        if select._offset_clause is not None:  # noqa: SLF001 - what Core's own compilers look at
            return str(super().limit_clause(select, **how))  # type: ignore[no-untyped-call]  # of Core
        return f"\n LIMIT {self.process(select._limit_clause, **how)}"  # noqa: SLF001 - as above


class _Sqlite(SQLiteDialect):
    statement_compiler = _Compiler
    supports_statement_cache = True


NAMED: Final = _Sqlite(paramstyle="named")
POSITIONAL: Final = _Sqlite(paramstyle="qmark")


_MOST: Final = "most"


class Statement(str):
    """The text of a statement as SQLite takes it. Another engine looks at what it was built from.

    It is a text, so that the driver of the hot path runs it as it stands.

    Args:
        built: What Core made; of several, what stands in the place of each number in braces.
        dialect: How parameters stand in the text.
        within: A text around them.

    Attributes:
        places: The names of its parameters in order, where they have places.
        by_rows: Whether rows can be done together: what it does for one says nothing to the next.
    """

    __slots__ = ("_built", "_within", "by_rows", "places")
    _built: tuple[Executable, ...]
    _within: str
    places: tuple[str, ...]
    by_rows: bool

    def __new__(
        cls,
        *built: Executable,
        dialect: Dialect = NAMED,
        within: str = "{0}",
        by_rows: bool = False,
    ) -> Statement:
        """Compiles a statement."""
        text, places = _compiled(built, within, dialect)
        statement = super().__new__(cls, text)
        statement._built = built
        statement._within = within
        statement.places = places
        statement.by_rows = by_rows
        return statement

    def kinds(self, dialect: Dialect) -> tuple[type, ...]:
        """What its parameters are, in order."""
        (built,) = self._built
        made: Any = built.compile(dialect=dialect)  # type: ignore[attr-defined]  # as below
        return tuple(made.binds[name].type.python_type for name in made.positiontup)

    def limited(self) -> Statement:
        """The same, of which no more rows are found than a parameter `most` says."""
        if self.places:
            raise ValueError(f"its parameters have places: {self}")
        return Statement(*self._built, within=f"{self._within}\n LIMIT :{_MOST}")

    def text_for(self, dialect: Dialect) -> str:
        """Its text for another engine, with parameters that stand as they do here."""
        text, places = _compiled(self._built, self._within, dialect)
        if places != self.places and self.places:
            raise ValueError(f"parameters stand in another order: {places}, not {self.places}")
        return text


def _compiled(
    built: tuple[Executable, ...], within: str, dialect: Dialect
) -> tuple[str, tuple[str, ...]]:
    # `compile` stands on what every statement is, not on its base.
    made: list[Any] = [each.compile(dialect=dialect) for each in built]  # type: ignore[attr-defined]
    places = tuple(name for each in made for name in each.positiontup or ())
    return within.format(*map(str, made)), places


def some(
    connection: Connection, statement: Statement, parameters: Mapping[str, Any], most: int
) -> list[Any]:
    """The first rows that a statement finds.

    A server would find and send all of them, whatever is taken of them: the statement has to say it.
    """
    return connection.execute(_limited(statement), {**parameters, _MOST: most}).fetchall()


_limited: Final = cache(Statement.limited)
