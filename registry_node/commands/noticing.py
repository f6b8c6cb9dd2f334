# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices that this node sends or was sent: state them, look them up, acknowledge them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam

from itmo import limits
from itmo.core.v1 import notices_pb2, statements_pb2
from itmo.identifiers import parse_free_text
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.declare import declare
from registry_node.commands.propose import Submitted
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
    """Returns a notice by the id of its message, or None."""
    return _NOTICE.first(trip.db, notice_id=notice_id)


def notices(trip: Trip, *, before: int, most: int, only_open: bool = False) -> list[NoticeRow]:
    """Returns notices that came or went, newest first, with numbers below `before`.

    Open ones were sent to this node, which has not acknowledged them.
    """
    if only_open:
        return _OPEN_PAGE.all(trip.db, before=before, most=most, own=trip.identity.node)
    return _PAGE.all(trip.db, before=before, most=most)


def status_of(written: statements_pb2.RegistryStatement) -> str:
    """Returns the status that the clearing-house has given to a registry, as it is called."""
    name = statements_pb2.OperationalStatus.Name(written.status)
    return name.removeprefix("OPERATIONAL_STATUS_")


def suspensions(trip: Trip) -> list[statements_pb2.RegistryStatement]:
    """Returns what the clearing-house said last of each own registry that does not take part in full."""
    last: dict[str, statements_pb2.RegistryStatement] = {}
    for row in _OF_KIND.all(trip.db, kind=PayloadKind.REGISTRY_STATEMENT):
        written = decoded(statements_pb2.RegistryStatement, row.payload)
        last[written.registry] = written
    return [
        each
        for _, each in sorted(last.items())
        if each.status != statements_pb2.OPERATIONAL_STATUS_OPERATIONAL
    ]


def write_to(trip: Trip, message: notices_pb2.AdministratorMessage) -> Submitted:
    """Queues a message to the administrators of other registries and programmes.

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
    """Queues the word that a notice was read. Nothing else follows from it.

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
