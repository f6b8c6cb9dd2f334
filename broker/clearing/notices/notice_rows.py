# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices as they are stored: pointers to messages, the units they are about, who was sent them.

What a notice says stands in its message. Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from broker.ledger.overlaps import Overlaps, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A message that was sent on: `kind` is that of its payload."""

    message_id: str
    kind: str
    sender_node: str
    payload_hash: bytes
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedUnitsRow:
    """Units that a notice is about, and what it does to them."""

    message_id: str
    registry: str
    first: int
    last: int
    party: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecipientRow:
    """A node that a notice was delivered to, and the place of the delivery in its mailbox."""

    message_id: str
    node: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeAcknowledgementRow:
    """A recipient's signed word that it read a notice."""

    message_id: str
    node: str
    acknowledged_by: str
    acknowledged_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeEventRow:
    """What a crediting programme said of units of its own."""

    message_id: str
    kind: str
    programme: str
    series: str
    first: int
    last: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceRow:
    """A window in which a registry takes nothing new; an empty registry means every one."""

    message_id: str
    registry: str
    start_at: int
    end_at: int


def _noticed_place(row: NoticedUnitsRow) -> Place:
    return row.registry, row.first, row.last


def _event_place(row: ProgrammeEventRow) -> Place:
    return (row.programme, row.series), row.first, row.last


@dataclass(slots=True)
class NoticeBooks:
    """What a group of decisions may know of notices. Mutable: decisions change it."""

    programmes: dict[str, str] = field(default_factory=dict)
    """Node by programme."""
    notices: dict[str, NoticeRow] = field(default_factory=dict)
    """Those that the group acknowledges."""
    recipients: dict[str, set[str]] = field(default_factory=dict)
    """Their recipients."""
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    """Notice and node, of those that were acknowledged."""
    bound: Overlaps[NoticedUnitsRow] = field(default_factory=lambda: Overlaps(_noticed_place))
    """Units of open notices, as far as the group touches them."""
    events: Overlaps[ProgrammeEventRow] = field(default_factory=lambda: Overlaps(_event_place))
    """Events about underlying units that the group names."""
    maintenance: list[MaintenanceRow] = field(default_factory=list)
    """Windows that have not ended."""


@dataclass(slots=True)
class NoticeEffects:
    """What a group of decisions adds; nothing of it is ever changed."""

    programmes: set[str] = field(default_factory=set)
    notices: list[NoticeRow] = field(default_factory=list)
    units: list[NoticedUnitsRow] = field(default_factory=list)
    recipients: list[NoticeRecipientRow] = field(default_factory=list)
    acknowledgements: list[NoticeAcknowledgementRow] = field(default_factory=list)
    events: list[ProgrammeEventRow] = field(default_factory=list)
    maintenance: list[MaintenanceRow] = field(default_factory=list)
