# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A notice of the log: what it asks of a registry, how it stands, and which transactions answer it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum, StrEnum
from functools import reduce
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.tables import NOTICE_TYPES, NoticeTypeRow
from itmo.serials import SerialRange


class NoticeType(IntEnum):
    """Types of notice that rules speak of by name, by the code that messages carry."""

    NET_SOURCE = 1
    NON_COMPLIANCE = 2
    EXPIRY_DATE_CHANGE = 9
    UPDATE = 10


class NoticeStatus(StrEnum):
    """How a notice stands at a moment."""

    OPEN = "OPEN"
    INCOMPLETE = "INCOMPLETE"
    COMPLETED = "COMPLETED"
    OVERDUE = "OVERDUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNotice:
    """A notice, as it was stated or as it stands after updates; what is empty or 0 is not stated.

    Attributes:
        type: Code of what it asks for.
        registry: That is to act.
        project: Host Party and number.
        quantity: Units that it asks for.
        due: Last day to answer it.
        expires: The new date of expiry of its units.
        period: The commitment period of units that answer it.
        units: Ranges that it is about, by originating registry.
        status: How it stands, where that was stated.
    """

    number: int
    type: int
    registry: str
    project: str = ""
    unit_type: UnitType | None = None
    quantity: int = 0
    due: date | None = None
    expires: date | None = None
    activity: int = 0
    period: int = 0
    units: tuple[tuple[str, SerialRange], ...] = ()
    status: NoticeStatus | None = None
    text: str = ""

    @property
    def row(self) -> NoticeTypeRow:
        """What its type asks for."""
        return NOTICE_TYPES[self.type]

    @property
    def title(self) -> str:
        """As findings name it."""
        return f"notice {self.number} ({self.row.title})"

    @property
    def closed(self) -> bool:
        """True when it was stated to be done with."""
        return self.status is NoticeStatus.COMPLETED

    def answered_by(self, kind: TransactionType, account_type: int) -> bool:
        """True of transactions that answer it."""
        return not self.row.answers.isdisjoint({(kind, account_type), (kind, 0)})

    def standing(self, met: int, today: date) -> NoticeStatus:
        """How it stands on a day, with what has been done for it by then."""
        if self.closed or (self.quantity and met >= self.quantity):
            return NoticeStatus.COMPLETED
        if self.due is not None and today > self.due:
            return NoticeStatus.OVERDUE
        return NoticeStatus.INCOMPLETE if met else NoticeStatus.OPEN


_STAYS: Final = frozenset({"number", "type", "registry"})


def as_it_stands(stated: Iterable[LogNotice]) -> LogNotice:
    """A notice after everything that was stated under its number, oldest first.

    An update changes what it states; any other message is the notice from then on.
    """
    return reduce(_after, stated)


def _after(before: LogNotice, said: LogNotice) -> LogNotice:
    if said.type != NoticeType.UPDATE:
        return said
    new = {name: getattr(said, name) for name in LogNotice.__slots__ if name not in _STAYS}
    return replace(before, **{name: value for name, value in new.items() if value})
