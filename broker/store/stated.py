# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the signed messages that state something under a key, and reads each of them once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, or_, select

from broker.regime.regime import SEPARATOR, Key, Needs
from broker.regime.regimes import Regimes
from broker.regime.stated import Stated
from broker.store import schema as s
from broker.store.crossing import wanted_rows
from itmo.runtime.db.connection import Connection, Question
from itmo.runtime.db.json_text import keys_of
from itmo.runtime.db.statement import Statement, some

MAX_UNDER: Final = 1_000
"""Statements, those stated last, whose names are searched under a key besides those that are asked for by
name: reading so many for the first time takes about 80 ms (protocol, chapter 8)."""
_MAX_KEPT: Final = 50_000
"""Statements kept as they were read; past it the cache starts anew."""
_PAST_ALL: Final = "\U0010ffff"
"""No name goes on behind it."""
_S: Final = s.stated
_NONE: Final = literal_column("0", type_=_S.c.log_index.type)


def _last() -> ColumnElement[int]:
    """The place of the last statement of the same name."""
    later = _S.alias("later")
    found = select(func.max(later.c.log_index)).where(
        later.c.rulebook == _S.c.rulebook, later.c.kind == _S.c.kind, later.c.name == _S.c.name
    )
    return found.scalar_subquery()


def _wanted() -> Select[tuple[str, str, str, str]]:
    """Rows of wanted keys, oldest first: every one, or the last of each name."""
    wanted = wanted_rows("rulebook", "kind", "name", "every")
    named = and_(
        _S.c.rulebook == wanted.c.rulebook,
        _S.c.kind == wanted.c.kind,
        _S.c.name == wanted.c.name,
        or_(wanted.c.every != _NONE, _S.c.log_index == _last()),
    )
    return (
        select(_S.c.rulebook, _S.c.kind, _S.c.name, _S.c.message_id)
        .select_from(wanted)
        .join(_S, named)
        .order_by(_S.c.rulebook, _S.c.kind, _S.c.name, _S.c.log_index)
    )


_WANTED: Final = Statement(_wanted())
_UNDER: Final = Statement(
    select(_S.c.name)
    .where(
        _S.c.rulebook == bindparam("of_rulebook"),
        _S.c.kind == bindparam("of_kind"),
        bindparam("wider") == s.WIDER,
    )
    .order_by(_S.c.log_index.desc())
)
_PAYLOADS: Final = Statement(
    select(s.message.c.message_id, s.message.c.payload).where(s.message.c.message_id.in_(keys_of()))
)
_MESSAGES: Final = (
    select(_S.c.name, _S.c.log_index, s.log_leaf.c.decided_at, _S.c.message_id, s.message.c.payload)
    .join(s.message, s.message.c.message_id == _S.c.message_id)
    .join(s.log_leaf, s.log_leaf.c.log_index == _S.c.log_index)
    .where(
        _S.c.rulebook == bindparam("of_rulebook"),
        _S.c.kind == bindparam("of_kind"),
        _S.c.name >= bindparam("first"),
        _S.c.name <= bindparam("last"),
    )
    .order_by(_S.c.name, _S.c.log_index)
)
_EVERY: Final = Statement(_MESSAGES)
_LATEST: Final = Statement(
    _MESSAGES.where(_S.c.name > bindparam("after"), _S.c.log_index == _last())
)


def _keys(needs: Needs, under: Iterable[list[Key]]) -> dict[Key, int]:
    """The keys that are asked for, and whether every statement under each is, or the last."""
    return dict.fromkeys(chain(needs.stated, *under), 0) | dict.fromkeys(needs.histories, 1)


def _question(wanted: Mapping[Key, int]) -> Question:
    listed = sorted((*key, every) for key, every in wanted.items())
    return _WANTED, {"wanted": json.dumps(listed)}


class StatedReader:
    """Reads through one connection; what was read of a message is kept, as no message changes."""

    def __init__(self, connection: Connection, regimes: Regimes) -> None:
        self._connection = connection
        self._regimes = regimes
        self._kept: dict[tuple[str, str, str], object] = {}
        """By rulebook, kind and message."""

    def load(self, needs: Needs) -> Stated:
        """What was stated under the keys that are asked for."""
        if len(self._kept) >= _MAX_KEPT:
            self._kept.clear()
        under = {wider: list(self._under(wider)) for wider in sorted(needs.stated_under)}
        wanted = _keys(needs, under.values())
        if not wanted:
            return Stated(under=under)
        found = self._connection.execute(*_question(wanted))
        # The very keys that were asked for: what is looked up by them later is found by identity.
        asked = {key: key for key in wanted}
        rows = [(asked[Key(*names)], message_id) for *names, message_id in found]
        self._read(rows)
        read: dict[Key, tuple[object, ...]] = {}
        for key, message_id in rows:
            said = self._kept[(key.rulebook, key.kind, message_id)]
            read[key] = (*read.get(key, ()), said)
        return Stated(read, under)

    @staticmethod
    def asks(needs: Needs) -> list[Question]:
        """What `load` will ask first, where that is known before."""
        wanted = {} if needs.stated_under else _keys(needs, ())
        return [_question(wanted)] if wanted else []

    def _under(self, wider: Key) -> Iterator[Key]:
        names = {"of_rulebook": wider.rulebook, "of_kind": wider.kind, "wider": wider.name}
        for (name,) in some(self._connection, _UNDER, names, MAX_UNDER):
            yield Key(wider.rulebook, wider.kind, name)

    def _read(self, rows: Iterable[tuple[Key, str]]) -> None:
        """Reads the messages of which nothing is kept."""
        new = {(key.rulebook, key.kind, message_id): key for key, message_id in rows}
        new = {each: key for each, key in new.items() if each not in self._kept}
        if not new:
            return
        ids = json.dumps(sorted({message_id for *_, message_id in new}))
        payloads = dict(self._connection.execute(_PAYLOADS, {"wanted": ids}))
        for (rulebook, kind, message_id), key in new.items():
            read = self._regimes[rulebook].read(key, payloads[message_id])
            self._kept[(rulebook, kind, message_id)] = read


# -- for reports ----------------------------------------------------------------------------------


class StatedMessage(NamedTuple):
    """A signed message that states something under a name."""

    name: str
    log_index: int
    decided_at: int
    message_id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """Keys of a rulebook: one of them, or those whose names lie between two."""

    rulebook: str
    kind: str
    first: str
    last: str

    @classmethod
    def one(cls, key: Key) -> Span:
        """A key alone."""
        return cls(key.rulebook, key.kind, key.name, key.name)

    @classmethod
    def under(cls, key: Key) -> Span:
        """What lies under a key."""
        begin = f"{key.name}{SEPARATOR}"
        return cls(key.rulebook, key.kind, begin, f"{begin}{_PAST_ALL}")

    @classmethod
    def every(cls, rulebook: str, kind: str) -> Span:
        """Every key of a kind."""
        return cls(rulebook, kind, "", _PAST_ALL)

    @property
    def names(self) -> dict[str, str]:
        """As the queries name it."""
        return {
            "of_rulebook": self.rulebook,
            "of_kind": self.kind,
            "first": self.first,
            "last": self.last,
        }


def stated_messages(connection: Connection, span: Span) -> Iterator[StatedMessage]:
    """Every message, by name, and of one name the oldest first."""
    return map(StatedMessage._make, connection.execute(_EVERY, span.names))


def last_stated(
    connection: Connection, span: Span, after: str = "", limit: int | None = None
) -> list[StatedMessage]:
    """The last message of each name, by name.

    Args:
        connection: The database.
        span: Of which names.
        after: The name behind which to begin.
        limit: How many at most; None: all.
    """
    names = span.names | {"after": after}
    if limit is None:
        rows = connection.execute(_LATEST, names).fetchall()
    else:
        rows = some(connection, _LATEST, names, limit)
    return list(map(StatedMessage._make, rows))
