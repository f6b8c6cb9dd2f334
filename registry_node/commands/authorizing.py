# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Authorizations of this node's Parties, followed from the draft to their effect.

A draft is version 0 of an authorization and was never signed. A version that is sent is signed by
this node; the clearing-house's receipt is the countersignature, and with it the version is in
effect. Where a version stands follows from its message, so nothing has to be kept in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

from sqlalchemy import bindparam

from itmo.authorization_letter import NUMBERS, differing
from itmo.identifiers import (
    parse_authorization_id,
    parse_cooperative_approach_id,
    parse_party_code,
)
from itmo.paris.v1 import authorization_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.propose import Submitted
from registry_node.commands.stated import refused
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.outbox.items import envelope_of
from registry_node.store.rows import AuthorizationRow, ItemRow, ItemStatus, ProofRow
from registry_node.store.tables import AUTHORIZATIONS, ITEMS, PROOFS

Statement = authorization_pb2.AuthorizationStatement
_DRAFT: Final = 0
_c, _i, _p = AUTHORIZATIONS.table.c, ITEMS.table.c, PROOFS.table.c
_ONE: Final = (
    _c.authorization_id == bindparam("authorization_id"),
    _c.party == bindparam("party"),
)
_VERSIONS: Final = AUTHORIZATIONS.select(*_ONE, order=_c.version.desc())
_EVERY: Final = AUTHORIZATIONS.select()
_FORGET_DRAFT: Final = AUTHORIZATIONS.deletion(*_ONE, _c.version == bindparam("version"))
_ITEM: Final = ITEMS.select(_i.message_id == bindparam("message_id"))
_SAID: Final = PROOFS.select(_p.causation_id == bindparam("message_id"))


class Standing(StrEnum):
    """Where a version of an authorization stands."""

    DRAFT = "DRAFT"
    SENT = "SENT"
    IN_EFFECT = "IN_EFFECT"
    REFUSED = "REFUSED"
    SUPERSEDED = "SUPERSEDED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Countersignature:
    """The clearing-house's signed receipt for a version.

    Attributes:
        receipt_hash: SHA-256 of the receipt's payload.
        log_index: Its place in the log.
        keyid: The key that signed it.
        judged_at: When it was decided, in milliseconds.
    """

    receipt_hash: bytes
    log_index: int
    keyid: str
    judged_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A version of an authorization with where it stands.

    Attributes:
        statement: What it says.
        standing: Where it stands.
        code: Why it was refused; empty otherwise.
        found: What was found then.
        countersignature: None until the clearing-house has decided.
    """

    statement: Statement
    standing: Standing
    code: str = ""
    found: str = ""
    countersignature: Countersignature | None = None


def declare_authorization(trip: Trip, statement: Statement) -> tuple[Submitted, int]:
    """Queue a version of an authorization; version 0 asks for the next one, no date for today's.

    What differs from the version before is stated where the statement does not say so itself. A
    draft of the same authorization is gone with this.

    Raises:
        ProtocolError: IDENTIFIER_INVALID or PAYLOAD_INVALID.
    """
    stated = _admitted(statement)
    if stated.purposes and _without_use(stated):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "purposes: expected none where no use is authorized.",
            where="purposes",
        )
    if not stated.date:
        today = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=trip.now_ms)
        stated.date = today.date().isoformat()
    name = {"authorization_id": stated.authorization_id, "party": stated.party}
    rows = [row for row in _VERSIONS.all(trip.db, **name) if row.version > _DRAFT]
    # The clearing-house has not taken a refused version in: its number is free.
    last = next((row for row in rows if not refused(trip, row)), None)
    if not stated.version:
        stated.version = last.version + 1 if last else 1
    if last is not None and stated.version > last.version:
        _state_difference(stated, decoded(Statement, last.statement))
    item = trip.queue(PayloadKind.AUTHORIZATION_STATEMENT, stated, None)
    keep_stated(trip, stated, item.message_id)
    return Submitted(item.message_id, ()), stated.version


def keep_stated(trip: Trip, stated: Statement, message_id: str) -> None:
    """Keep a version that was stated; the draft of it is no longer one."""
    name = {"authorization_id": stated.authorization_id, "party": stated.party}
    rows = [row for row in _VERSIONS.all(trip.db, **name) if row.version > _DRAFT]
    last = next((row for row in rows if not refused(trip, row)), None)
    row = _row(stated, stated.version, message_id)
    if any(known.version == stated.version and known is not last for known in rows):
        AUTHORIZATIONS.replace(trip.db, row)
    elif last is None or stated.version > last.version:
        AUTHORIZATIONS.insert(trip.db, row)
    _FORGET_DRAFT.run(trip.db, **name, version=_DRAFT)


def _without_use(stated: Statement) -> bool:
    return bool(stated.kinds) and authorization_pb2.AUTHORIZATION_KIND_USE not in stated.kinds


def draft_authorization(trip: Trip, statement: Statement) -> None:
    """Keep a draft, in place of the one there was; nothing is signed or sent.

    Raises:
        ProtocolError: IDENTIFIER_INVALID.
    """
    stated = _admitted(statement)
    stated.ClearField("version")
    name = {"authorization_id": stated.authorization_id, "party": stated.party}
    _FORGET_DRAFT.run(trip.db, **name, version=_DRAFT)
    AUTHORIZATIONS.insert(trip.db, _row(stated, _DRAFT, ""))


def discard_draft(trip: Trip, party: str, authorization_id: str) -> None:
    """Throw a draft away.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    gone = _FORGET_DRAFT.run(
        trip.db, authorization_id=authorization_id, party=party, version=_DRAFT
    )
    if gone.rowcount != 1:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"There is no draft of {authorization_id[:40]!a} of {party[:40]!a}.",
            where="authorization_id",
            found=authorization_id[:40],
        )


def tracked(trip: Trip) -> Sequence[Tracked]:
    """Every version stated or drafted here, by Party, id and version; drafts come last."""

    def name(row: AuthorizationRow) -> tuple[str, str]:
        return row.party, row.authorization_id

    found: list[Tracked] = []
    for _, group in groupby(sorted(_EVERY.all(trip.db), key=name), key=name):
        rows = sorted(group, key=lambda row: (row.version == _DRAFT, row.version))
        standings = _standings(trip, rows)
        found.extend(
            _tracked(trip, row, standing) for row, standing in zip(rows, standings, strict=True)
        )
    return found


def _standings(trip: Trip, rows: Sequence[AuthorizationRow]) -> list[Standing]:
    """Where each version stands; only the latest one that took effect is in effect."""
    standings: list[Standing] = []
    latest = max((row.version for row in rows if _effective(trip, row)), default=None)
    for row in rows:
        item = _item(trip, row)
        if item is None:
            standings.append(Standing.DRAFT)
        elif refused(trip, row):
            standings.append(Standing.REFUSED)
        elif item.status is not ItemStatus.DECIDED:
            standings.append(Standing.SENT)
        elif row.version != latest:
            standings.append(Standing.SUPERSEDED)
        else:
            revoked = decoded(Statement, row.statement).revoked
            standings.append(Standing.REVOKED if revoked else Standing.IN_EFFECT)
    return standings


def _tracked(trip: Trip, row: AuthorizationRow, standing: Standing) -> Tracked:
    item = _item(trip, row)
    why = item if standing is Standing.REFUSED else None
    return Tracked(
        statement=decoded(Statement, row.statement),
        standing=standing,
        code=why.code if why else "",
        found=why.found if why else "",
        countersignature=_countersignature(trip, row),
    )


def _countersignature(trip: Trip, row: AuthorizationRow) -> Countersignature | None:
    if not row.message_id:
        return None
    said = _SAID.all(trip.db, message_id=row.message_id)
    receipt = next((proof for proof in said if proof.kind is PayloadKind.RECEIPT), None)
    if receipt is None or receipt.log_index is None:
        return None
    return Countersignature(
        receipt_hash=receipt.payload_hash,
        log_index=receipt.log_index,
        keyid=_keyid(receipt),
        judged_at=receipt.judged_at,
    )


def _keyid(proof: ProofRow) -> str:
    return envelope_of(proof.envelope).signatures[0].keyid


def _item(trip: Trip, row: AuthorizationRow) -> ItemRow | None:
    return _ITEM.first(trip.db, message_id=row.message_id) if row.message_id else None


def _effective(trip: Trip, row: AuthorizationRow) -> bool:
    item = _item(trip, row)
    return item is not None and bool(item.effective)


def _row(stated: Statement, version: int, message_id: str) -> AuthorizationRow:
    return AuthorizationRow(
        authorization_id=stated.authorization_id,
        version=version,
        party=stated.party,
        statement=stated.SerializeToString(),
        message_id=message_id,
    )


def _admitted(statement: Statement) -> Statement:
    """A copy without a header, with identifiers that can be."""
    stated = Statement()
    stated.CopyFrom(statement)
    stated.ClearField("header")
    parse_authorization_id(stated.authorization_id, "authorization_id")
    parse_party_code(stated.party, "party")
    parse_cooperative_approach_id(stated.cooperative_approach, "cooperative_approach")
    return stated


def _state_difference(stated: Statement, before: Statement) -> None:
    differ = differing(before, stated)
    if not stated.changed_elements:
        stated.changed_elements.extend(NUMBERS[element.name] for element in differ)
    if not stated.difference:
        titles = ", ".join(element.title for element in differ)
        stated.difference = f"Changed: {titles}." if titles else "Stated again without a change."
