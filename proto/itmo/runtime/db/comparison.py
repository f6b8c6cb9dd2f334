# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Compares what a database holds with what the signed messages make of an empty one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions

_MOST: Final = 20
"""Rows of one table that are told of; a table that differs in more is simply another one."""
_SHOWN: Final = 60
"""Characters of a value that are told."""
_Row = tuple[object, ...]
_KINDS: Final[dict[type, int]] = {type(None): 0, str: 2, bytes: 3}
_LEAST: Final[dict[type, object]] = {str: "", bytes: b""}


def named(table: str, key: tuple[object, ...]) -> str:
    """A row by its table and key."""
    return f"{table} ({', '.join(map(_text, key))})"


@dataclass(frozen=True, slots=True)
class Words:
    """What things are called in the sentences.

    Attributes:
        place: The database looked at.
        said_by: What made the other one.
        row: A row of a table, by its key.
    """

    place: str
    said_by: str
    row: Callable[[str, tuple[object, ...]], str] = named


SIGNED: Final = Words("database", "the signed messages")


def differences(
    stored: Connection,
    fresh: Connection,
    table: str,
    columns: Sequence[str],
    keys: Sequence[str],
    *,
    where: str = "",
    words: Words = SIGNED,
) -> Iterator[str]:
    """Yields sentences that say which row and column of a table differ.

    Both are read side by side in the order of the keys, so that neither is held in memory.

    Args:
        stored: The database looked at.
        fresh: The one that the signed messages made.
        table: Its name; this and the columns are names of the program's own schema.
        columns: What is compared.
        keys: Columns, of those compared, by which rows are the same row.
        where: Which rows are compared, as SQL; all, if empty.
        words: What things are called in the sentences.
    """
    listed = ", ".join(f'"{name}"' for name in columns)
    among = f" WHERE {where}" if where else ""
    ordered = ", ".join(f'"{name}"' for name in keys)
    query = f'SELECT {listed} FROM "{table}"{among} ORDER BY {ordered}'  # noqa: S608  # names of our own schema
    places = [columns.index(name) for name in keys]
    pairs = _side_by_side(in_portions(stored, query), in_portions(fresh, query), places)
    yield from _told(table, columns, pairs, words)


def differences_of(
    stored: Connection,
    fresh: Connection,
    table: str,
    columns: Sequence[str],
    keys: Sequence[str],
    wanted: Iterable[tuple[object, ...]],
    *,
    words: Words = SIGNED,
) -> Iterator[str]:
    """Yields sentences as `differences` does, of rows with wanted keys; one after another is read."""
    listed = ", ".join(f'"{name}"' for name in columns)
    named = " AND ".join(f'"{name}" = ?' for name in keys)
    query = f'SELECT {listed} FROM "{table}" WHERE {named}'  # noqa: S608  # names of our own schema
    pairs = (
        (key, stored.execute(query, key).fetchone(), fresh.execute(query, key).fetchone())
        for key in wanted
    )
    yield from _told(table, columns, pairs, words)


def _told(
    table: str,
    columns: Sequence[str],
    pairs: Iterable[tuple[_Row, _Row | None, _Row | None]],
    words: Words,
) -> Iterator[str]:
    shown = 0
    for key, mine, made in pairs:
        if mine == made:
            continue
        shown += 1
        if shown > _MOST:
            yield f"{table}: there are more differences"
            return
        row = words.row(table, key)
        if mine is None or made is None:
            only = f"by {words.said_by}" if mine is None else f"in the {words.place}"
            yield f"{row}: there is such a row only {only}"
            continue
        for column, one, other in zip(columns, mine, made, strict=True):
            if one != other:
                yield (
                    f"{row}: {column} is {_text(one)} in the {words.place},"
                    f" {_text(other)} by {words.said_by}"
                )


def _side_by_side(
    ours: Iterator[_Row], again: Iterator[_Row], places: Sequence[int]
) -> Iterator[tuple[_Row, _Row | None, _Row | None]]:
    """Rows of two tables in the order of their keys, those with the same key together."""
    mine, made = next(ours, None), next(again, None)
    while mine is not None or made is not None:
        own = _key(mine, places)
        other = _key(made, places)
        first = min(_order(each) for each in (own, other) if each is not None)
        here = own is not None and _order(own) == first
        there = other is not None and _order(other) == first
        yield (own if here else other) or (), mine if here else None, made if there else None
        mine = next(ours, None) if here else mine
        made = next(again, None) if there else made


def _key(row: _Row | None, places: Sequence[int]) -> _Row | None:
    return None if row is None else tuple(row[place] for place in places)


def _order(key: _Row) -> tuple[tuple[int, Any], ...]:
    """A key as both engines order it: nothing, numbers, texts, bytes."""
    return tuple((_KINDS.get(type(each), 1), each or _LEAST.get(type(each), 0)) for each in key)


def _text(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)})"
