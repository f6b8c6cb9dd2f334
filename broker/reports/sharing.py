# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much each registry shares, whether its reports are overdue, and what was found in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, literal_column, select

from broker.clearing.sharing.sharing_rows import FindingState
from broker.rulebook.general.sharing import DUE_AFTER, ReportFrequency, SharingLevel
from broker.store import schema as s
from broker.store import sharing_schema as shared
from broker.store.sharing import sharing_row
from itmo import limits
from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import Read
from itmo.runtime.db.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingView:
    """How much a registry shares.

    Attributes:
        stated: Whether it ever said so; a registry that did not takes part in full.
        switched_off: Checks that it does without, each with its role.
        reported_until: Up to when its reports say everything.
        due: When the next report is due.
        open_findings: Findings that are not closed.
    """

    registry: str
    party: str
    level: SharingLevel
    stated: bool
    frequency: str
    switched_off: tuple[str, ...]
    reported_until: datetime | None
    due: datetime | None
    overdue: bool
    open_findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding about a report. `other` is for the operator of the clearing-house alone."""

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
    opened_at: datetime
    changed_at: datetime
    answer: str


_F: Final = shared.report_finding
_finding: Final = Read(FindingView, _F.c.keys(), opened_at=from_ms, changed_at=from_ms)
_NOT_CLOSED: Final = _F.c.state != literal_column(f"'{FindingState.CLOSED}'")
_REGISTRIES: Final = Statement(
    select(s.registry.c.registry, s.registry.c.party, func.count(_F.c.finding_id), shared.sharing)
    .select_from(
        s.registry.outerjoin(
            shared.sharing, shared.sharing.c.registry == s.registry.c.registry
        ).outerjoin(_F, and_(_F.c.reporter == s.registry.c.registry, _NOT_CLOSED))
    )
    .group_by(s.registry.c.registry, shared.sharing.c.registry)
    .order_by(s.registry.c.registry)
)
_FINDINGS: Final = Statement(select(_F).order_by(_F.c.opened_at, _F.c.finding_id))


def sharing(connection: Connection, now: datetime) -> list[SharingView]:
    """Every registry, with what is due at a time."""
    return [
        _view(registry, party, count, row, now)
        for registry, party, count, *row in connection.execute(_REGISTRIES)
    ]


def overdue(connection: Connection, now: datetime) -> list[SharingView]:
    """Registries whose report is overdue."""
    return [each for each in sharing(connection, now) if each.overdue]


def reported_later(connection: Connection, as_of: datetime) -> list[str]:
    """Registries whose last report is of later than a moment: of that moment nothing is kept."""
    return [
        each.registry
        for each in sharing(connection, as_of)
        if each.level is not SharingLevel.TRANSACT
        and each.reported_until is not None
        and each.reported_until > as_of
    ]


def findings(
    connection: Connection, *, registry: str | None = None, closed: bool = False
) -> Iterator[FindingView]:
    """Findings about reports, oldest first.

    Args:
        connection: The database.
        registry: Only those about reports of this registry; None: all.
        closed: Also those that are closed.
    """
    for row in connection.execute(_FINDINGS):
        found = _finding(row)
        if registry in (None, found.reporter) and (
            closed or found.state is not FindingState.CLOSED
        ):
            yield found


def _view(registry: str, party: str, count: int, row: list[object], now: datetime) -> SharingView:
    if row[0] is None:
        return SharingView(
            registry=registry,
            party=party,
            level=SharingLevel.TRANSACT,
            stated=False,
            frequency="",
            switched_off=(),
            reported_until=None,
            due=None,
            overdue=False,
            open_findings=count,
        )
    stated = sharing_row(tuple(row))
    # Who has not reported yet has had since its statement; to state it again gains no time.
    since = stated.stated_at
    if stated.last_report is not None and stated.last_as_of is not None:
        since = stated.last_as_of
    due = (
        from_ms(since) + DUE_AFTER[ReportFrequency(stated.frequency)] if stated.frequency else None
    )
    return SharingView(
        registry=registry,
        party=party,
        level=SharingLevel(stated.level),
        stated=True,
        frequency=stated.frequency,
        switched_off=tuple(sorted(f"{name} as {role.lower()}" for name, role in stated.switches)),
        reported_until=None if stated.last_as_of is None else from_ms(stated.last_as_of),
        due=due,
        overdue=due is not None and now > due + limits.REPORT_GRACE,
        open_findings=count,
    )
