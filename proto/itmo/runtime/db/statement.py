# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A statement built once with SQLAlchemy Core, and its text for each engine, compiled once."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect

NAMED: Final = sqlite.dialect(paramstyle="named")
POSITIONAL: Final = sqlite.dialect(paramstyle="qmark")


class Statement(str):
    """The text of a statement as SQLite takes it. Another engine looks at what it was built from.

    It is a text, so that the driver of the hot path runs it as it stands.

    Args:
        built: What Core made; of several, what stands in the place of each number in braces.
        dialect: How parameters stand in the text.
        within: A text around them.

    Attributes:
        places: The names of its parameters in order, where they have places.
    """

    __slots__ = ("_built", "_within", "places")
    _built: tuple[Executable, ...]
    _within: str
    places: tuple[str, ...]

    def __new__(
        cls, *built: Executable, dialect: Dialect = NAMED, within: str = "{0}"
    ) -> Statement:
        """Compiles a statement."""
        text, places = _compiled(built, within, dialect)
        statement = super().__new__(cls, text)
        statement._built = built
        statement._within = within
        statement.places = places
        return statement

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
