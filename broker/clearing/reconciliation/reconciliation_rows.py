# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reconciliations, their cases and what is in quarantine, as they are stored.

Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from broker.ledger.overlaps import Overlaps, Place
from itmo import books


class Stage(StrEnum):
    """What a registry states of its books."""

    BEGIN = "BEGIN"
    DIGEST = "DIGEST"
    TOTALS = "TOTALS"
    BLOCKS = "BLOCKS"
    TRAIL = "TRAIL"


class Outcome(StrEnum):
    """What came of a reconciliation."""

    AGREED = "AGREED"
    DIFFERS = "DIFFERS"


class CaseRight(StrEnum):
    """What was right in a case."""

    RECORD = "RECORD"
    BOOKS = "BOOKS"
    NEITHER = "NEITHER"


class Owner(StrEnum):
    """Who has to act on a case."""

    REGISTRY = "REGISTRY"
    OPERATOR = "OPERATOR"


class CaseEvent(StrEnum):
    """What happened in a case."""

    OPENED = "OPENED"
    ADDED = "ADDED"  # more ranges, of the same reconciliation
    DIFFERS_STILL = "DIFFERS_STILL"  # in a later reconciliation
    TRAIL = "TRAIL"
    AGREES = "AGREES"  # the books agree again
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRow:
    """A reconciliation.

    Attributes:
        reconciliation_id: The message that began it.
        stage: What is to be stated next; None: it has ended.
        outcome: What came of it; None: it goes on, or another one was begun before it ended.
        digest: Over what the record has in the portion that is compared.
        answer: What the last receipt asked for, serialized; empty once it ended.
        snapshot_index: Place of that receipt in the log.
        case_id: The case that has what was found; empty: nothing was.
    """

    reconciliation_id: str
    registry: str
    stage: Stage | None
    outcome: Outcome | None
    digest: bytes
    answer: bytes
    snapshot_index: int
    snapshot_at: int
    case_id: str
    begun_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """Ranges on which books and record differ, until somebody settled it.

    Attributes:
        case_id: The message in which they were first stated.
        owner: Who has to act.
        found_right: What the resolution found right; None: it is open.
    """

    case_id: str
    registry: str
    opened_at: int
    owner: Owner
    found_right: CaseRight | None = None
    reason: str = ""
    resolved_by: str | None = None
    resolved_at: int | None = None

    @property
    def open(self) -> bool:
        """True until it was resolved."""
        return self.found_right is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEventRow:
    """A step of a case; `found` says what was found, for a person."""

    case_id: str
    log_index: int
    event: CaseEvent
    message_id: str
    at: int
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """Units that a registry may not move: its books differ on them.

    Attributes:
        books_of: Whose books differ.
        registry: Who issued the units, or would have.
        kind: In what way, as the protocol names it.
        recorded_account: Where the record has them; empty: in no account of that registry.
        stated_account: Where its books have them; empty: nowhere.
        lifted: Whether its case is resolved, 0 or 1.
    """

    case_id: str
    books_of: str
    registry: str
    first: int
    last: int
    kind: str
    recorded_account: str
    stated_account: str
    recorded_class: str
    stated_class: str
    lifted: int = 0


def _place(row: QuarantineRow) -> Place:
    return (row.books_of, row.registry), row.first, row.last


@dataclass(slots=True)
class ReconciliationBooks:
    """What a group of decisions may know of reconciliations. Mutable: decisions change it."""

    rows: dict[str, ReconciliationRow] = field(default_factory=dict)
    """By id: those that the group names, and those that are open of its registries."""
    cases: dict[str, CaseRow] = field(default_factory=dict)
    """Named ones, and open ones of registries that reconcile."""
    quarantined: Overlaps[QuarantineRow] = field(default_factory=lambda: Overlaps(_place))
    """Units in quarantine that the group touches, and all of registries that reconcile."""
    ends: dict[str, books.Place | None] = field(default_factory=dict)
    """By registry: where the portion ends that is to be compared next; None: with the books."""
    too_many: set[str] = field(default_factory=set)
    """Registries of which the portion that is compared has become larger than it may be."""

    def lift(self, case_id: str) -> None:
        """Lets go what is in quarantine for a case."""
        rows = [
            replace(row, lifted=1) if row.case_id == case_id else row for row in self.quarantined
        ]
        self.quarantined = Overlaps(_place, rows)


@dataclass(slots=True)
class ReconciliationEffects:
    """What a group of decisions changes."""

    rows: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)
    events: list[CaseEventRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)
    lifted: set[str] = field(default_factory=set)
    """Cases of which everything is let go."""
