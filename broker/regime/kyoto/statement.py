# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The message by which the operator states what the Kyoto rulebook asks for."""

from __future__ import annotations

from typing import Final

from broker.regime.kyoto.statements import parties, projects, targets
from broker.regime.kyoto.statements.kind import Kind, invalid
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books, Statement
from itmo.kyoto.v1 import statements_pb2
from itmo.payloads import PayloadKind

_KINDS: Final[dict[str, Kind]] = {
    kind.field: kind for kind in (*parties.KINDS, *projects.KINDS, *targets.KINDS)
}


def read(payload: bytes) -> object:
    """What a recorded statement says under its key."""
    return _stated(statements_pb2.KyotoStatement.FromString(payload))[1]


def _stated(written: statements_pb2.KyotoStatement) -> tuple[Key, object]:
    """Under which key a statement says what.

    Raises:
        ProtocolError: PAYLOAD_INVALID or IDENTIFIER_INVALID.
    """
    field = written.WhichOneof("stated")
    if field is None:
        raise invalid("stated", f"one of {', '.join(_KINDS)}")
    return _KINDS[field].read(getattr(written, field))


def _needs(_: statements_pb2.KyotoStatement) -> Needs:
    return Needs()


def _take(books: Books, written: statements_pb2.KyotoStatement) -> None:
    """Takes in what is stated; it replaces what was stated of the same name.

    Raises:
        ProtocolError: malformed.
    """
    books.state(*_stated(written))


STATEMENT: Final = Statement(
    PayloadKind.KYOTO_STATEMENT, by_operator=True, by_node=False, needs=_needs, take=_take
)
