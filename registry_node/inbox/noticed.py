# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices as they arrive, or as the clearing-house took in what this node sent: kept and applied.

A notice is kept with the receipt that came with it, in which the clearing-house says which units
it is about. What it changes of units is carried out here too, because it is so in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from google.protobuf.message import Message

from itmo.core.v1 import decision_pb2, notices_pb2, statements_pb2
from itmo.payloads import MESSAGE_OF, STATED_UNDER_A_RULEBOOK, PayloadKind
from registry_node.commands.noticing import notice, status_of
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.inbox.opening import Spoken, Statement
from registry_node.store.rows import ItemRow, NoticeRow
from registry_node.store.tables import NOTICES

NOTICES_SENT: Final = frozenset(
    {
        PayloadKind.UNIT_NOTICE,
        PayloadKind.PROGRAMME_EVENT,
        PayloadKind.ADMINISTRATOR_MESSAGE,
        PayloadKind.MAINTENANCE_STATEMENT,
        PayloadKind.REGISTRY_STATEMENT,
    }
)


def take_notice(
    trip: Trip,
    statement: Statement,
    receipt: decision_pb2.Receipt,
    item: ItemRow | None,
    spoken: Sequence[Spoken],
) -> None:
    """Keeps a notice that took effect, or an acknowledgement of one; applied twice, nothing changes."""
    if not receipt.effective:
        return
    said = next((each for each in spoken if each.payload_hash == statement.message_hash), None)
    if said is not None:
        kind, sender, message = said.kind, said.header.sender_node, said.message
    elif item is not None and item.kind in {*NOTICES_SENT, PayloadKind.NOTICE_ACKNOWLEDGEMENT}:
        kind, sender = item.kind, trip.identity.node
        message = decoded(MESSAGE_OF[item.kind], item.body)
    else:
        return
    if kind is PayloadKind.NOTICE_ACKNOWLEDGEMENT:
        _acknowledged(trip, cast("notices_pb2.NoticeAcknowledgement", message), sender)
    elif (
        kind in NOTICES_SENT | STATED_UNDER_A_RULEBOOK
        and notice(trip, receipt.header.causation_id) is None
    ):
        _keep(trip, statement, receipt, kind, sender, message)


def _keep(
    trip: Trip,
    statement: Statement,
    receipt: decision_pb2.Receipt,
    kind: PayloadKind,
    sender: str,
    message: Message,
) -> None:
    NOTICES.insert(
        trip.db,
        NoticeRow(
            notice_id=receipt.header.causation_id,
            kind=kind,
            node=sender,
            payload=message.SerializeToString(),
            payload_hash=statement.message_hash,
            receipt=receipt.SerializeToString(),
            received_at=trip.now_ms,
        ),
    )
    trip.rules.restate(trip, kind, message)
    if kind is PayloadKind.REGISTRY_STATEMENT:
        _alarm(trip, cast("statements_pb2.RegistryStatement", message))


def _alarm(trip: Trip, written: statements_pb2.RegistryStatement) -> None:
    """Has a person look at what the clearing-house has said of an own registry."""
    why = f": {written.reason}" if written.reason else ""
    trip.alarm(
        "REG_OPERATIONAL",
        f"the clearing-house's operator has set {written.registry} to {status_of(written)}{why}",
    )


def _acknowledged(trip: Trip, written: notices_pb2.NoticeAcknowledgement, sender: str) -> None:
    row = notice(trip, written.notice_id)
    if row is None:
        return  # of a time before this store
    if sender == trip.identity.node:
        NOTICES.replace(trip.db, replace(row, acknowledged_at=trip.now_ms))
    else:
        readers = sorted({*row.read_by.split(), sender})
        NOTICES.replace(trip.db, replace(row, read_by=" ".join(readers)))
