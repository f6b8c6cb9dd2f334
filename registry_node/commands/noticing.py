# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices that this node sends or was sent: state them, look them up, acknowledge them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam

from itmo import limits
from itmo.core.v1 import notices_pb2, statements_pb2
from itmo.identifiers import parse_free_text, parse_registry_id, registry_party
from itmo.paris.v1 import programmes_pb2, unit_notices_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.declare import declare, own_registry
from registry_node.commands.propose import Submitted
from registry_node.commands.stated import stated_authorization
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.store.rows import NoticeRow
from registry_node.store.tables import NOTICES

_c = NOTICES.table.c
_NOTICE: Final = NOTICES.select(_c.notice_id == bindparam("notice_id"))
_PAGE: Final = NOTICES.select(_c.number < bindparam("before"), order=_c.number.desc(), limit="most")
_OPEN_PAGE: Final = NOTICES.select(
    _c.number < bindparam("before"),
    _c.node != bindparam("own"),
    _c.acknowledged_at.is_(None),
    order=_c.number.desc(),
    limit="most",
)


_OF_KIND: Final = NOTICES.select(_c.kind == bindparam("kind"), order=_c.number)


def notice(trip: Trip, notice_id: str) -> NoticeRow | None:
    """Return a notice by the id of its message, or None."""
    return _NOTICE.first(trip.db, notice_id=notice_id)


def notices(trip: Trip, *, before: int, most: int, only_open: bool = False) -> list[NoticeRow]:
    """Return notices that came or went, newest first, with numbers below `before`.

    Open ones were sent to this node, which has not acknowledged them.
    """
    if only_open:
        return _OPEN_PAGE.all(trip.db, before=before, most=most, own=trip.identity.node)
    return _PAGE.all(trip.db, before=before, most=most)


def status_of(written: statements_pb2.RegistryStatement) -> str:
    """Return the status that the clearing-house has given to a registry, as it is called."""
    name = statements_pb2.OperationalStatus.Name(written.status)
    return name.removeprefix("OPERATIONAL_STATUS_")


def suspensions(trip: Trip) -> list[statements_pb2.RegistryStatement]:
    """Return what the clearing-house said last of each own registry that does not take part in full."""
    last: dict[str, statements_pb2.RegistryStatement] = {}
    for row in _OF_KIND.all(trip.db, kind=PayloadKind.REGISTRY_STATEMENT):
        written = decoded(statements_pb2.RegistryStatement, row.payload)
        last[written.registry] = written
    return [
        each
        for _, each in sorted(last.items())
        if each.status != statements_pb2.OPERATIONAL_STATUS_OPERATIONAL
    ]


def notify(trip: Trip, written: unit_notices_pb2.UnitNotice) -> Submitted:
    """Queue a notice that gives issued units another authorization or vintage.

    What is left out is filled in: the registry of the units, the latest version of the
    authorization, and the Party.

    Raises:
        ProtocolError: NOT_FOUND, IDENTIFIER_INVALID or PAYLOAD_INVALID.
    """
    filled = unit_notices_pb2.UnitNotice()
    filled.CopyFrom(written)
    parse_free_text(filled.reason, "reason")
    if not filled.units:
        raise _invalid("units", "the units that change, such as THA01:1-100")
    if not filled.HasField("authorization") and not filled.vintage:
        raise _invalid("authorization", "another authorization, another vintage, or both")
    for units in filled.units:
        if not units.registry:
            units.registry = own_registry(trip, "")
    if filled.HasField("authorization"):
        _fill_authorization(trip, filled)
    if not filled.party:
        filled.party = _issuing_party(filled.units[0].registry)
    return declare(trip, PayloadKind.UNIT_NOTICE, filled)


def _fill_authorization(trip: Trip, filled: unit_notices_pb2.UnitNotice) -> None:
    named = filled.authorization
    stated = stated_authorization(trip, named.id)
    if not named.version:
        if stated is None:
            raise ProtocolError(
                Reason.NOT_FOUND,
                f"this node stated no authorization {named.id[:64]!a}; name its latest version.",
                where="authorization.version",
                found=named.id[:64],
            )
        named.version = stated.version
    if stated is not None and not filled.party:
        filled.party = stated.party


def _issuing_party(registry: str) -> str:
    """The Party of a national registry issues its own units; that of the mechanism has none."""
    party = registry_party(parse_registry_id(registry, "units.registry"))
    if party == MECHANISM_REGISTRY:
        raise _invalid("party", "the first transferring Party of units of the mechanism registry")
    return party


def report_event(trip: Trip, written: programmes_pb2.ProgrammeEvent) -> Submitted:
    """Queue what happened to units of the programme that this node speaks for.

    Raises:
        ProtocolError: NOT_FOUND or PAYLOAD_INVALID.
    """
    filled = programmes_pb2.ProgrammeEvent()
    filled.CopyFrom(written)
    for where in ("beneficiary", "purpose"):
        parse_free_text(getattr(filled, where), where)
    own = trip.identity.programmes
    if not filled.units.registry and len(own) == 1:
        filled.units.registry = own[0]
    if filled.units.registry not in own:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"programme: found {filled.units.registry[:40]!a}, this node speaks for"
            f" {', '.join(own) or 'none'}; name one of them.",
            where="units.registry",
            found=filled.units.registry[:40],
        )
    return declare(trip, PayloadKind.PROGRAMME_EVENT, filled)


def write_to(trip: Trip, message: notices_pb2.AdministratorMessage) -> Submitted:
    """Queue a message to the administrators of other registries and programmes.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    parse_free_text(message.subject, "subject")
    parse_free_text(message.text, "text")
    named = list(message.recipients)
    if not 1 <= len(named) <= limits.MAX_RECIPIENTS or len(set(named)) != len(named):
        expected = f"1 to {limits.MAX_RECIPIENTS} registries or programmes, each once"
        raise _invalid("recipients", expected)
    if not message.subject.strip():
        raise _invalid("subject", "one line that says what the message is about")
    return declare(trip, PayloadKind.ADMINISTRATOR_MESSAGE, message)


def acknowledge(trip: Trip, notice_id: str, note: str = "") -> Submitted:
    """Queue the word that a notice was read. Nothing else follows from it.

    Raises:
        ProtocolError: NOT_FOUND, ALREADY_EXISTS or PAYLOAD_INVALID.
    """
    parse_free_text(note, "note")
    row = notice(trip, notice_id)
    if row is None or row.node == trip.identity.node:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"no notice {notice_id[:40]!a} was sent to this node; name one that is kept here.",
            where="notice_id",
            found=notice_id[:40],
        )
    if row.acknowledged_at is not None:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"notice {notice_id} is acknowledged already.",
            where="notice_id",
            found=notice_id,
        )
    body = notices_pb2.NoticeAcknowledgement(
        notice_id=notice_id, notice_hash=row.payload_hash, note=note
    )
    return Submitted(trip.queue(PayloadKind.NOTICE_ACKNOWLEDGEMENT, body, None).message_id, ())


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID, f"{where}: expected {expected}.", where=where, expected=expected
    )
