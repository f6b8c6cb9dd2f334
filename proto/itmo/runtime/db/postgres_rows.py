# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A statement for each of many rows as one statement over all of them, on PostgreSQL.

A column of the rows is one parameter, an array; the server makes rows of them again (`unnest`), in
their order. A statement for each row costs the client and the server several times as much.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from itmo.runtime.db.postgres_types import Statements
from itmo.runtime.db.statement import Statement

_PLACES: Final = Statements(paramstyle="qmark")  # type: ignore[no-untyped-call]  # of Core
_ELEMENT: Final = {int: ("bigint", 20), str: ("text", 25), bytes: ("bytea", 17)}
"""The name of a type, and its number, which PostgreSQL never changes."""
_ARRAY: Final = {int: 1016, str: 1009, bytes: 1001}
"""The numbers of the types of arrays of them."""
_HEAD: Final = struct.Struct("!iiIii")
"""Of an array: dimensions, whether there are nulls, the type of elements, how many, the first index."""
WHOLE: Final = _ELEMENT[int][1]
"""The number of the type of whole numbers."""
_LENGTH: Final = struct.Struct("!i")
_NULL: Final = _LENGTH.pack(-1)
_WHOLE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Together:
    """A statement over rows.

    Attributes:
        text: With a parameter for each column.
        kinds: Of the columns.
        types: Of the parameters, by their numbers.
    """

    text: str
    kinds: tuple[type, ...]
    types: tuple[int, ...]

    def packed(self, rows: Sequence[Sequence[Any]]) -> list[bytes]:
        """The parameters for rows, as PostgreSQL reads them."""
        columns = zip(*rows, strict=True)
        return [_PACKERS[kind](column) for kind, column in zip(self.kinds, columns, strict=True)]


def over_rows(statement: Statement) -> Together:
    """The statement that does for all rows what `statement` does for one.

    Raises:
        ValueError: It is none that can be written so.
    """
    kinds = statement.kinds(_PLACES)
    text = statement.text_for(_PLACES)
    names = [f"p{place}" for place in range(len(kinds))]
    if text.count("?") != len(names):
        raise ValueError(f"a question mark that is no parameter: {text}")
    given = iter(names)
    text = re.sub(r"\?", lambda _: f"given.{next(given)}", text.replace("%", "%%"))
    arrays = ", ".join(f"%s::{_ELEMENT[kind][0]}[]" for kind in kinds)
    source = f"unnest({arrays}) AS given({', '.join(names)})"
    verb = text.split(maxsplit=1)[0]
    types = tuple(_ARRAY[kind] for kind in kinds)
    if verb == "INSERT":
        before, values, behind = _values(text)
        made = f"{before}SELECT {values} FROM {source}{behind}"  # noqa: S608 - of our own statement
        return Together(made, kinds, types)
    before, where, behind = text.rpartition(" WHERE ")  # within are others, on lines of their own
    if verb not in {"UPDATE", "DELETE"} or not where:
        raise ValueError(f"neither an insert, an update nor a deletion: {text}")
    joined = "FROM" if verb == "UPDATE" else "USING"
    return Together(f"{before} {joined} {source} WHERE {behind}", kinds, types)


def counted(text: str, wanted: str) -> str:
    """A statement that writes to so many rows, or fails with a division by zero; it says how many."""
    return (
        f"WITH done AS ({text} RETURNING 1)"  # noqa: S608 - of our own statement
        f" SELECT count(*) / CASE WHEN count(*) = {wanted} THEN 1 ELSE 0 END FROM done"
    )


def _values(text: str) -> tuple[str, str, str]:
    """What stands before the values of an insert, the values, and what stands behind."""
    before, found, rest = text.partition("VALUES (")
    depth = 1
    for place, letter in enumerate(rest if found else ""):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return before, rest[:place], rest[place + 1 :]
    raise ValueError(f"an insert without values: {text}")


def _packed_wholes(values: Iterable[int | None]) -> bytes:
    listed = list(values)
    head = _HEAD.pack(1, 0, _ELEMENT[int][1], len(listed), 1)
    if None not in listed:
        parts = [part for each in listed for part in (_WHOLE_BYTES, each)]
        return head + struct.pack("!" + "iq" * len(listed), *parts)
    return _joined(int, [None if each is None else packed_whole(each) for each in listed])


def packed_whole(value: int) -> bytes:
    """A whole number as PostgreSQL reads it."""
    return struct.pack("!q", value)


def _packed_texts(values: Iterable[str | None]) -> bytes:
    return _joined(str, [None if each is None else each.encode() for each in values])


def _packed_bytes(values: Iterable[bytes | None]) -> bytes:
    return _joined(bytes, list(values))


def _joined(kind: type, elements: Sequence[bytes | None]) -> bytes:
    parts = [_HEAD.pack(1, int(None in elements), _ELEMENT[kind][1], len(elements), 1)]
    for each in elements:
        if each is None:
            parts.append(_NULL)
        else:
            parts.append(_LENGTH.pack(len(each)))
            parts.append(each)
    return b"".join(parts)


_PACKERS: Final[dict[type, Callable[[Iterable[Any]], bytes]]] = {
    int: _packed_wholes,
    str: _packed_texts,
    bytes: _packed_bytes,
}
