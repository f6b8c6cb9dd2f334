# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What one side lets others know: notices, acknowledgements, messages, maintenance.

A notice is the sender's own signed message, delivered as it is with the clearing-house's receipt,
which says what it does to the units of the ledger. It is created with the decision, retrieved when
the mailbox of its recipient is acknowledged past it, and acknowledged by a signed message; what the
recipient does about it is its own affair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import StatementRow
from broker.clearing.notices.notice_rows import (
    MaintenanceRow,
    NoticeAcknowledgementRow,
    NoticedUnitsRow,
    NoticeRecipientRow,
    NoticeRow,
)
from broker.clearing.path.received import Received
from broker.ledger.units import UnitRow
from broker.regime.refusals import NoEffect
from itmo import limits
from itmo.clock import to_ms
from itmo.core.v1 import notices_pb2
from itmo.identifiers import parse_free_text
from itmo.reasons import Reason
from itmo.timestamps import moment

MAX_MAINTENANCE: Final = timedelta(days=14)
"""Over an ordinary upgrade and a migration; a registry that is away for longer is suspended."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What a message that others are to hear of came to.

    Attributes:
        told: Nodes that get the message and its receipt.
        units: Units that it is about.
        notice: False for an answer, which nobody acknowledges in turn.
    """

    told: frozenset[str]
    units: tuple[NoticedUnitsRow, ...] = ()
    notice: bool = True


def announce(desk: Desk, received: Received, announced: Announced, receipt: StatementRow) -> None:
    """Delivers a message with its receipt, and notes who was sent it."""
    head = received.header
    told = sorted(announced.told - {head.sender_node})
    sequences = [
        NoticeRecipientRow(
            message_id=head.message_id,
            node=node,
            sequence=desk.deliver(node, [receipt], None, head.message_id),
        )
        for node in told
    ]
    if not announced.notice:
        return
    books, effects = desk.world.notices, desk.effects.notices
    row = NoticeRow(
        message_id=head.message_id,
        kind=received.kind.value,
        sender_node=head.sender_node,
        payload_hash=received.payload_hash,
        created_at=desk.now_ms,
    )
    books.notices[row.message_id] = row
    books.recipients[row.message_id] = set(told)
    effects.notices.append(row)
    effects.recipients.extend(sequences)
    effects.units.extend(announced.units)


def holders(desk: Desk, rows: Iterable[UnitRow]) -> set[str]:
    """The nodes of the registries that hold units."""
    registries = {desk.world.accounts[row.account_id].registry for row in rows}
    return {desk.world.registries[registry].node for registry in registries}


def acknowledge_notice(desk: Desk, received: Received) -> Announced:
    """Takes in that a recipient read a notice; its sender hears of it.

    Raises:
        NoEffect, ProtocolError: nothing was sent to it under that id, or other bytes, or twice.
    """
    written = cast("notices_pb2.NoticeAcknowledgement", received.payload)
    parse_free_text(written.note, "note")
    books, sender = desk.world.notices, received.header.sender_node
    row = books.notices.get(written.notice_id)
    if row is None or sender not in books.recipients.get(written.notice_id, ()):
        raise NoEffect(
            Reason.NOT_FOUND, f"no notice {written.notice_id[:36]!a} was sent to {sender}"
        )
    if written.notice_hash != row.payload_hash:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            "notice_hash does not name the notice that was sent; fetch it and acknowledge that",
        )
    if (row.message_id, sender) in books.acknowledged:
        raise NoEffect(Reason.ALREADY_EXISTS, f"{sender} has acknowledged {row.message_id} before")
    books.acknowledged.add((row.message_id, sender))
    desk.effects.notices.acknowledgements.append(
        NoticeAcknowledgementRow(
            message_id=row.message_id,
            node=sender,
            acknowledged_by=received.header.message_id,
            acknowledged_at=desk.now_ms,
        )
    )
    told = {row.sender_node} & set(desk.world.nodes)  # the operator has no mailbox
    return Announced(frozenset(told), notice=False)


def administrator_message(desk: Desk, received: Received) -> Announced:
    """Carries a message to the administrators of other registries and programmes.

    Raises:
        NoEffect, ProtocolError: malformed, or a recipient is not known.
    """
    written = cast("notices_pb2.AdministratorMessage", received.payload)
    named = list(written.recipients)
    if not 1 <= len(named) <= limits.MAX_RECIPIENTS or len(set(named)) != len(named):
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"recipients: 1 to {limits.MAX_RECIPIENTS} registries or programmes, each once",
        )
    parse_free_text(written.subject, "subject")
    parse_free_text(written.text, "text")
    if not written.subject.strip():
        raise NoEffect(Reason.PAYLOAD_INVALID, "subject: one line that says what it is about")
    told = set()
    for name in named:
        registry = desk.world.registries.get(name)
        node = registry.node if registry else desk.world.notices.programmes.get(name)
        if node is None:
            raise NoEffect(Reason.NOT_FOUND, f"no registry or programme {name[:40]!a}")
        told.add(str(node))
    return Announced(frozenset(told))


def state_maintenance(desk: Desk, received: Received) -> Announced:
    """Announces a window in which a registry, or every one, takes no new proposals.

    Raises:
        NoEffect, ProtocolError: malformed, too long, over already, or of an unknown registry.
    """
    written = cast("notices_pb2.MaintenanceStatement", received.payload)
    parse_free_text(written.reason, "reason")
    start = moment(written.start_time, "start_time")
    end = moment(written.end_time, "end_time")
    if written.registry and written.registry not in desk.world.registries:
        raise NoEffect(Reason.NOT_FOUND, f"no registry {written.registry[:40]!a}")
    if end <= desk.now or not timedelta(0) < end - start <= MAX_MAINTENANCE:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"a window ends after it starts and after now, and lasts {MAX_MAINTENANCE.days} days at"
            " most; suspend a registry that is away for longer",
        )
    row = MaintenanceRow(
        message_id=received.header.message_id,
        registry=written.registry,
        start_at=to_ms(start),
        end_at=to_ms(end),
    )
    desk.world.notices.maintenance.append(row)
    desk.effects.notices.maintenance.append(row)
    return Announced(frozenset(desk.world.nodes))
