# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Authorizations as their letters: every version, with the signatures under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from sqlalchemy import bindparam, select

from broker.regime.paris import stated_keys, tallies
from broker.regime.paris.statements.authorization import read
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.rulebook.paris.purposes import Purpose
from broker.store import messages
from broker.store import schema as s
from broker.store.stated import Span, last_stated, stated_messages
from broker.store.tallies import load_tallies
from itmo.authorization_letter import Version
from itmo.clock import from_ms
from itmo.envelope import Envelope
from itmo.forms import moment
from itmo.paris.v1 import authorization_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement


@dataclass(frozen=True, slots=True)
class AuthorizationView:
    """The latest version of an authorization, and what was issued under it."""

    version: AuthorizationVersion
    issued_quantity: int
    used: Mapping[Purpose, int] = field(default_factory=dict)
    """Units used or cancelled, by purpose."""


_A, _M, _S, _L = s.stated, s.message, s.statement, s.log_leaf
_VERSIONS: Final = Statement(
    select(
        _M.c.payload,
        _M.c.sender_node,
        _M.c.keyids,
        _S.c.payload_hash,
        _S.c.log_index,
        s.statement_signature.c.keyid,
        _L.c.decided_at,
    )
    .select_from(_A)
    .join(_M, _M.c.message_id == _A.c.message_id)
    .join(_S, _S.c.causation_id == _A.c.message_id)
    .join(_L, _L.c.log_index == _S.c.log_index)
    .outerjoin(s.statement_signature, s.statement_signature.c.statement_id == _S.c.statement_id)
    .where(
        _A.c.rulebook == bindparam("of_rulebook"),
        _A.c.kind == bindparam("of_kind"),
        _A.c.name == bindparam("name"),
        _S.c.kind == bindparam("kind"),
    )
    .order_by(_A.c.log_index)
)


_SIGNED: Final = Statement(
    select(s.message.c.payload, s.message.c.keyids, s.message.c.signatures).where(
        s.message.c.message_id == bindparam("named")
    )
)


def letters(connection: Connection, party: str, authorization_id: str) -> Sequence[Version]:
    """Every version of an authorization that took effect, oldest first.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    key = stated_keys.authorization(party, authorization_id)
    wanted = {
        "of_rulebook": stated_keys.RULEBOOK,
        "of_kind": key.kind,
        "name": key.name,
        "kind": PayloadKind.RECEIPT.value,
    }
    found = [_version(*row) for row in connection.execute(_VERSIONS, wanted)]
    if not found:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"{party} has stated no authorization {authorization_id[:40]!a}; see"
            " `broker authorizations`.",
            where="authorization_id",
            found=authorization_id[:40],
        )
    last = len(found) - 1
    return [
        Version(
            statement=each.statement,
            standing=standing(revoked=each.statement.revoked, latest=place == last),
            signed_by=each.signed_by,
            countersigned_by=each.countersigned_by,
            countersigned_at=each.countersigned_at,
            receipt_hash=each.receipt_hash,
            log_index=each.log_index,
        )
        for place, each in enumerate(found)
    ]


def standing(*, revoked: bool, latest: bool) -> str:
    """Where a version that was taken in stands, in the words a node uses."""
    if not latest:
        return "SUPERSEDED"
    return "REVOKED" if revoked else "IN_EFFECT"


def _version(
    payload: bytes,
    node: str,
    keyids: str,
    receipt_hash: bytes,
    log_index: int,
    keyid: str | None,
    decided_at: int,
) -> Version:
    return Version(
        statement=authorization_pb2.AuthorizationStatement.FromString(payload),
        standing="",
        signed_by=f"node {node}, key {keyids}",
        countersigned_by=f"the clearing-house, key {keyid}" if keyid else "the clearing-house",
        countersigned_at=moment(from_ms(decided_at)),
        receipt_hash=receipt_hash.hex(),
        log_index=log_index,
    )


def authorizations(
    connection: Connection,
    *,
    party: str = "",
    after: tuple[str, str] = ("", ""),
    limit: int | None = None,
) -> list[AuthorizationView]:
    """Latest versions after a (Party, id), by Party and id.

    Args:
        connection: The database.
        party: Whose; empty: everybody's.
        after: What the page before ended with.
        limit: How many at most; None: all.
    """
    span = Span.every(stated_keys.RULEBOOK, stated_keys.AUTHORIZATION)
    if party:
        span = Span.under(stated_keys.letters(party))
    behind = stated_keys.authorization(*after).name if any(after) else ""
    found = [read(each.payload) for each in last_stated(connection, span, behind, limit)]
    names = [(str(each.party), str(each.id)) for each in found]
    wanted = chain.from_iterable(tallies.of_authorization(*name) for name in names)
    counts = load_tallies(connection, wanted)
    return [
        AuthorizationView(
            version,
            counts[tallies.issued(*name)].quantity,
            {purpose: counts[tallies.used(*name, purpose)].quantity for purpose in Purpose},
        )
        for name, version in zip(names, found, strict=True)
    ]


def signed_versions(connection: Connection, party: str, authorization_id: str) -> list[Envelope]:
    """All versions of an authorization, as they were signed."""
    kind = PayloadKind.AUTHORIZATION_STATEMENT.value
    key = stated_keys.authorization(party, authorization_id)
    return [
        messages.envelope(kind, *connection.execute(_SIGNED, {"named": each.message_id}).fetchone())
        for each in stated_messages(connection, Span.one(key))
    ]
