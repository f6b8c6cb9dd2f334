# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices that this node was sent or sent itself: look them up, acknowledge them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam

from itmo.core.v1 import notices_pb2
from itmo.identifiers import parse_free_text
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.propose import Submitted
from registry_node.commands.trip import Trip
from registry_node.store.rows import NoticeRow
from registry_node.store.tables import NOTICES

_c = NOTICES.table.c
_NOTICE: Final = NOTICES.select(_c.notice_id == bindparam("notice_id"))
_ALL: Final = NOTICES.select(order=_c.number)


def notice(trip: Trip, notice_id: str) -> NoticeRow | None:
    """Return a notice by the id of its message, or None."""
    return _NOTICE.first(trip.db, notice_id=notice_id)


def notices(trip: Trip) -> list[NoticeRow]:
    """Return every notice that came or went, oldest first."""
    return _ALL.all(trip.db)


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
