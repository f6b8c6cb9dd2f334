# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What registries share, as it is stored: statements, reports, reported units, findings.

All of it lies apart from the ledger. Times are milliseconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from broker.rulebook.general.reported import ReportedActionType, ReportedUnits
from broker.rulebook.general.sharing import CheckRole, Switch


class FindingState(StrEnum):
    """What became of a finding about a report."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingRow:
    """How much a registry shares, and how far its reports go.

    Attributes:
        frequency: Empty at level TRANSACT.
        switched_off: See `switches_to_text`.
        message_id: The statement that says so.
        last_as_of: Up to when it has reported; None: never.
        last_report: Message of that report.
    """

    registry: str
    level: str
    frequency: str
    switched_off: str
    message_id: str
    stated_at: int
    last_as_of: int | None
    last_report: str | None

    @property
    def switches(self) -> frozenset[Switch]:
        """Checks that the registry does without, each with its role."""
        return frozenset((name, CheckRole(role)) for name, role in json.loads(self.switched_off))


def switches_to_text(switches: Iterable[Switch]) -> str:
    """Switches as they are stored: JSON, in order."""
    return json.dumps(sorted([name, role.value] for name, role in switches))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A report that was taken in; what it says stands in its message."""

    message_id: str
    registry: str
    as_of: int
    complete: int
    holdings: int
    actions: int
    received_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedActionRow:
    """An action of a report."""

    message_id: str
    ordinal: int
    reporter: str
    action_id: str
    acted_at: int
    type: ReportedActionType
    registry: str
    first: int
    last: int
    account_type: int
    counterparty: str
    rulebook: str
    marks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFindingRow:
    """What cannot be as it was reported, and what became of it.

    Attributes:
        finding_id: The report's message id and a number, slash between.
        party: Who has to see to it: the Party of the registry that reported.
        other: The registry on the other side; for the clearing-house's operator alone.
        closed_by: Message of the report that closed it.
    """

    finding_id: str
    reporter: str
    party: str
    code: str
    registry: str
    first: int
    last: int
    other: str
    found: str
    state: FindingState
    opened_at: int
    changed_at: int
    answer: str
    closed_by: str | None

    @property
    def key(self) -> tuple[str, str, int, int, str]:
        """What makes it the same finding in a later report."""
        return self.code, self.registry, self.first, self.last, self.other


@dataclass(slots=True)
class SharedBooks:
    """What a group of decisions may know of what is shared. Mutable: decisions change it."""

    statements: dict[str, SharingRow] = field(default_factory=dict)
    holdings: dict[str, tuple[ReportedUnits, ...]] = field(default_factory=dict)
    """By reporter: all of those that report in this group, of others what may overlap."""
    actions: set[tuple[str, str]] = field(default_factory=set)
    """Reporter and id of actions that were reported before, of those that are reported now."""
    findings: dict[str, ReportFindingRow] = field(default_factory=dict)
    """Those of the registries that report in this group which are not closed."""
    not_compared: set[str] = field(default_factory=set)
    """Registries that report in this group, of whose accounts the ledger has too many ranges."""


@dataclass(slots=True)
class SharedEffects:
    """What a group of decisions changes of it."""

    statements: set[str] = field(default_factory=set)
    reports: list[ReportRow] = field(default_factory=list)
    holdings: set[str] = field(default_factory=set)
    """Reporters whose holdings are written anew."""
    actions: list[ReportedActionRow] = field(default_factory=list)
    findings: dict[str, ReportFindingRow] = field(default_factory=dict)
    """By id, new and changed ones."""
