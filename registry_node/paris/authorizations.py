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
from enum import StrEnum
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
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.outbox.items import envelope_of
from registry_node.store.rows import DraftRow, ItemRow, ItemStatus
from registry_node.store.tables import DRAFTS, ITEMS, PROOFS

Statement = authorization_pb2.AuthorizationStatement
_DRAFT: Final = 0
_c, _i, _p = DRAFTS.table.c, ITEMS.table.c, PROOFS.table.c
_DRAFTED: Final = DRAFTS.select(_c.kind == bindparam("kind"))
_FORGET_DRAFT: Final = DRAFTS.deletion(_c.kind == bindparam("kind"), _c.name == bindparam("name"))
_SENT: Final = ITEMS.select(_i.kind == bindparam("kind"), order=_i.item_id)
_SAID: Final = PROOFS.select(_p.causation_id == bindparam("message_id"))
_KIND: Final = PayloadKind.AUTHORIZATION_STATEMENT


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


@dataclass(frozen=True, slots=True)
class _Version:
    """A version that was stated, with the message that carries it."""

    statement: Statement
    item: ItemRow

    @property
    def refused(self) -> bool:
        """Whether the clearing-house did not take it in; its number is then free."""
        return self.item.status is ItemStatus.REFUSED or self.item.effective is False


def _stated(trip: Trip) -> dict[tuple[str, str], dict[int, _Version]]:
    """Every version stated here, by Party and identifier and by number; refused ones give way."""
    found: dict[tuple[str, str], dict[int, _Version]] = {}
    for item in _SENT.all(trip.db, kind=_KIND):
        made = _Version(decoded(Statement, item.body), item)
        name = made.statement.party, made.statement.authorization_id
        versions = found.setdefault(name, {})
        known = versions.get(made.statement.version)
        if known is None or known.refused:
            versions[made.statement.version] = made
    return found


def latest_stated(trip: Trip) -> dict[str, Statement]:
    """Returns the latest version of each authorization stated here, drafts and refused ones left out."""
    return {
        name: versions[max(standing)].statement
        for (_, name), versions in _stated(trip).items()
        if (standing := [number for number, each in versions.items() if not each.refused])
    }


def state(trip: Trip, statement: Statement) -> tuple[Submitted, int]:
    """Queues a version of an authorization; version 0 asks for the next one, no date for today's.

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
        stated.date = trip.now.date().isoformat()
    last = latest_stated_of(trip, stated.party, stated.authorization_id)
    if not stated.version:
        stated.version = last.version + 1 if last else 1
    if last is not None and stated.version > last.version:
        _state_difference(stated, last)
    item = trip.queue(_KIND, stated, None)
    _FORGET_DRAFT.run(trip.db, kind=_KIND, name=_name(stated.party, stated.authorization_id))
    return Submitted(item.message_id, ()), stated.version


def latest_stated_of(trip: Trip, party: str, authorization_id: str) -> Statement | None:
    """Returns the latest version of a Party's authorization, drafts and refused ones left out."""
    versions = _stated(trip).get((party, authorization_id), {}).values()
    standing = [each.statement for each in versions if not each.refused]
    return max(standing, key=lambda each: each.version, default=None)


def _without_use(stated: Statement) -> bool:
    return bool(stated.kinds) and authorization_pb2.AUTHORIZATION_KIND_USE not in stated.kinds


def draft(trip: Trip, statement: Statement) -> None:
    """Keeps a draft, in place of the one there was; nothing is signed or sent.

    Raises:
        ProtocolError: IDENTIFIER_INVALID.
    """
    drafted = _admitted(statement)
    drafted.version = _DRAFT
    name = _name(drafted.party, drafted.authorization_id)
    _FORGET_DRAFT.run(trip.db, kind=_KIND, name=name)
    DRAFTS.insert(trip.db, DraftRow(kind=_KIND, name=name, body=drafted.SerializeToString()))


def discard(trip: Trip, party: str, authorization_id: str) -> None:
    """Throws a draft away.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    gone = _FORGET_DRAFT.run(trip.db, kind=_KIND, name=_name(party, authorization_id))
    if gone.rowcount != 1:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"There is no draft of {authorization_id[:40]!a} of {party[:40]!a}.",
            where="authorization_id",
            found=authorization_id[:40],
        )


def tracked(trip: Trip) -> Sequence[Tracked]:
    """Every version stated or drafted here, by Party, id and version; drafts come last."""
    stated = _stated(trip)
    drafts = {
        (each.party, each.authorization_id): each
        for row in _DRAFTED.all(trip.db, kind=_KIND)
        for each in [decoded(Statement, row.body)]
    }
    found: list[Tracked] = []
    for name in sorted(stated.keys() | drafts.keys()):
        versions = [each for _, each in sorted(stated.get(name, {}).items())]
        latest = max(
            (each.statement.version for each in versions if each.item.effective), default=0
        )
        found.extend(_tracked(trip, each, latest) for each in versions)
        if name in drafts:
            found.append(Tracked(statement=drafts[name], standing=Standing.DRAFT))
    return found


def _standing(version: _Version, latest: int) -> Standing:
    """Where a version stands; only the latest one that took effect is in effect."""
    if version.refused:
        return Standing.REFUSED
    if version.item.status is not ItemStatus.DECIDED:
        return Standing.SENT
    if version.statement.version != latest:
        return Standing.SUPERSEDED
    return Standing.REVOKED if version.statement.revoked else Standing.IN_EFFECT


def _tracked(trip: Trip, version: _Version, latest: int) -> Tracked:
    standing = _standing(version, latest)
    why = version.item if standing is Standing.REFUSED else None
    return Tracked(
        statement=version.statement,
        standing=standing,
        code=why.code if why else "",
        found=why.found if why else "",
        countersignature=_countersignature(trip, version.item.message_id),
    )


def _countersignature(trip: Trip, message_id: str) -> Countersignature | None:
    said = _SAID.all(trip.db, message_id=message_id)
    receipt = next((proof for proof in said if proof.kind is PayloadKind.RECEIPT), None)
    if receipt is None or receipt.log_index is None:
        return None
    return Countersignature(
        receipt_hash=receipt.payload_hash,
        log_index=receipt.log_index,
        keyid=envelope_of(receipt.envelope).signatures[0].keyid,
        judged_at=receipt.judged_at,
    )


def _name(party: str, authorization_id: str) -> str:
    return f"{party} {authorization_id}"


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
