# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The message by which what the Kyoto rulebook asks for is stated, nearly all of it by the operator."""

from __future__ import annotations

from typing import Final

from broker.regime.kyoto.statements import (
    activity_moves,
    archive_parts,
    closings,
    log_notices,
    openings,
    parties,
    projects,
    requests,
    targets,
)
from broker.regime.kyoto.statements.kind import Kind, invalid
from broker.regime.refusals import NoEffect
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books, Statement
from itmo.kyoto.v1 import statements_pb2
from itmo.parties import CDM_REGISTRY
from itmo.payloads import OPERATOR_NODE, PayloadKind
from itmo.reasons import Reason

_KINDS: Final[dict[str, Kind]] = {
    kind.field: kind
    for kind in (
        *parties.KINDS,
        *projects.KINDS,
        *targets.KINDS,
        *requests.KINDS,
        *log_notices.KINDS,
        *archive_parts.KINDS,
        *openings.KINDS,
        *closings.KINDS,
        *activity_moves.KINDS,
    )
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


def _needs(written: statements_pb2.KyotoStatement) -> Needs:
    field = written.WhichOneof("stated")
    needs = _KINDS[field].needs(getattr(written, field)) if field else Needs()
    needs.registrar = True
    return needs


def _take(books: Books, written: statements_pb2.KyotoStatement) -> None:
    """Takes in what is stated; nearly always it replaces what was stated of the same name.

    Raises:
        NoEffect, ProtocolError: the sender may not, malformed, or it does not go with what was
            stated before.
    """
    field = written.WhichOneof("stated")
    allowed = field is not None and _KINDS[field].by_mechanism
    if books.sender != OPERATOR_NODE and not (
        allowed and books.speaks_for_registry_of(CDM_REGISTRY)
    ):
        besides = " or the registry of the clean development mechanism" if allowed else ""
        raise NoEffect(
            Reason.PERMISSION_DENIED,
            f"{field} is stated by the operator{besides}; {books.sender} signed",
        )
    key, said = _stated(written)
    _KINDS[str(field)].take(books, key, said)


STATEMENT: Final = Statement(
    PayloadKind.KYOTO_STATEMENT, by_operator=True, by_node=True, needs=_needs, take=_take
)
