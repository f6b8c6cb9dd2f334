# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the registry of the clean development mechanism issued, gave on, cancelled and still holds.

The lines are those of table 3 of the Executive Board's annual report of 2017, the rest of it what its
paragraphs 23 to 39 say; all of it follows from the record, as of any moment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

from broker.regime.kyoto import stated_keys
from broker.reports.kyoto.history import Event, History, Holder
from broker.reports.kyoto.stated import stated_last
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.account_types import PENDING, AccountRole
from broker.rulebook.kyoto.case import Project
from broker.rulebook.kyoto.cdm import VOLUNTARY
from broker.rulebook.kyoto.codes import Mechanism, ProjectStatus, UnitType
from broker.rulebook.kyoto.fees import IssuanceRequest, owed_for
from itmo.identifiers import RegistryId, registry_party
from itmo.parties import CDM_REGISTRY
from itmo.runtime.db.connection import Connection

ADMINISTRATIVE: Final = 260
"""Type of the account of administrative cancellation."""
"""The record's clock ticks in these."""
_Counted = TypeVar("_Counted", bound=object)


class Line(StrEnum):
    """What the registry did, as table 3 has it."""

    ISSUANCE = "issuance"
    SHARE = "share of proceeds to the Adaptation Fund"
    TRANSFER = "internal and external transfers"
    FROM_FUND = "from the Adaptation Fund to registries of Parties"
    VOLUNTARY = "voluntary cancellation"
    ADMINISTRATIVE = "administrative cancellation"


@dataclass(frozen=True, slots=True)
class Sum:
    """Transactions, and the units in them."""

    transactions: int = 0
    units: int = 0

    def less(self, earlier: Sum) -> Sum:
        """What came after an earlier moment."""
        return Sum(self.transactions - earlier.transactions, self.units - earlier.units)


NOTHING: Final = Sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why units were voluntarily cancelled, and where they are issued again; empty: not told."""

    purpose: str
    reissued_in: str


@dataclass(slots=True, kw_only=True)
class CdmTotals:
    """Sums up to a moment.

    Attributes:
        lines: By line.
        issued: Units by their type and the period that they were issued for.
        issued_to: Units by host and number of the activity.
        exempt: Issuances that gave no share, their activity being exempt.
        endings: Voluntary cancellations by purpose and by where the units are issued again.
        pending: Units in pending accounts.
        fund: Units in accounts of the Adaptation Fund.
    """

    lines: dict[Line, Sum] = field(default_factory=dict)
    issued: Counter[tuple[UnitType, int]] = field(default_factory=Counter)
    issued_to: Counter[tuple[str, int]] = field(default_factory=Counter)
    exempt: Sum = NOTHING
    endings: dict[Ending, Sum] = field(default_factory=dict)
    pending: int = 0
    fund: int = 0

    def line(self, which: Line) -> Sum:
        """One of the lines; zero where nothing of it happened."""
        return self.lines.get(which, NOTHING)

    def copy(self) -> CdmTotals:
        """As they are now."""
        return CdmTotals(
            lines=dict(self.lines),
            issued=Counter(self.issued),
            issued_to=Counter(self.issued_to),
            exempt=self.exempt,
            endings=dict(self.endings),
            pending=self.pending,
            fund=self.fund,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """What was stated of activities, against what was issued.

    Attributes:
        with_units: Activities outside programmes for which units were issued.
        programmes: Units by programme of activities.
        ended: Activities that were deregistered.
        owed: Cents of the share for administration that nobody paid, for units that are issued.
    """

    with_units: int
    programmes: dict[str, int]
    ended: int
    owed: int


def totals(
    connection: Connection, since: datetime | None, as_of: datetime | None
) -> tuple[CdmTotals, CdmTotals]:
    """Sums up to a moment, and what they were at an earlier one.

    Args:
        connection: The database; the caller holds a snapshot.
        since: The earlier moment, that time included; None: nothing had happened.
        as_of: What was decided then is counted; None: everything.
    """
    history, counted = History(connection), CdmTotals()
    earlier = CdmTotals()
    if since is not None:
        _count(counted, history, history.events(since))
        earlier = counted.copy()
    _count(counted, history, history.events(as_of))
    return counted, earlier


def activities(connection: Connection, counted: CdmTotals, as_of: datetime | None) -> Activities:
    """What was stated of activities as of the moment of the sums."""
    projects: dict[tuple[str, int], Project] = {
        (host, int(number)): said
        for (host, number), said in stated_last(connection, stated_keys.PROJECT, as_of).items()
        if said.mechanism is Mechanism.CLEAN_DEVELOPMENT
    }
    programmes = Counter[str]()
    outside = 0
    for activity, units in counted.issued_to.items():
        project = projects.get(activity)
        if project is not None and project.programme:
            programmes[project.programme] += units
        else:
            outside += 1
    return Activities(
        with_units=outside,
        programmes=dict(sorted(programmes.items())),
        ended=sum(each.status is ProjectStatus.DEREGISTERED for each in projects.values()),
        owed=_owed(connection, counted, as_of),
    )


def _owed(connection: Connection, counted: CdmTotals, as_of: datetime | None) -> int:
    asked: dict[str, list[IssuanceRequest]] = {}
    for (name, _), request in stated_last(connection, stated_keys.ISSUANCE_REQUEST, as_of).items():
        asked.setdefault(name, []).append(request)
    paid = Counter[str]()
    for (name, _), cents in stated_last(connection, stated_keys.FEE_PAYMENT, as_of).items():
        paid[name] += cents
    return sum(
        max(0, owed_for(asked.get(name, ()), units) - paid[name])
        for name, units in (
            (f"{host}{number}", n) for (host, number), n in counted.issued_to.items()
        )
    )


def _count(counted: CdmTotals, history: History, events: Iterable[Event]) -> None:
    """Adds events; all of a transaction come one after the other."""
    for _, together in _by_transaction(events):
        first = together[0]
        if first.giver.party != CDM_REGISTRY:
            continue
        for event in together:
            _place(counted, event)
        units = sum(each.quantity for each in together if each.giver == each.taker)
        if first.type is TransactionType.ISSUANCE:
            _add(counted.lines, Line.ISSUANCE, units)
            given = sum(each.quantity for each in together if each.giver != each.taker)
            if given:
                _add(counted.lines, Line.SHARE, given)
            else:
                counted.exempt = Sum(counted.exempt.transactions + 1, counted.exempt.units + units)
            continue
        moved = sum(each.quantity for each in together if each.giver != each.taker and each.acts)
        line = _line(first)
        if line is not None:
            _add(counted.lines, line, moved)
        if line is Line.VOLUNTARY:
            stated = history.proposed(first)
            _add(
                counted.endings,
                Ending(purpose=stated.purpose, reissued_in=stated.reissued_in),
                moved,
            )


def _line(event: Event) -> Line | None:
    kind = event.taker.account_type
    if event.type is TransactionType.TRANSFER:
        # What comes back into an account of cancellation is no transfer of the table.
        if not event.taker.holds:
            return None
        return Line.FROM_FUND if of_fund(event.giver) and event.external else Line.TRANSFER
    if event.type is TransactionType.CANCELLATION:
        return {VOLUNTARY: Line.VOLUNTARY, ADMINISTRATIVE: Line.ADMINISTRATIVE}.get(kind)
    return None


def _place(counted: CdmTotals, event: Event) -> None:
    """Where the units were and are; those of an issuance come first."""
    if event.giver == event.taker and event.type is TransactionType.ISSUANCE:
        units = event.units.attributes
        host = registry_party(RegistryId(event.units.registry))
        if units.unit_type is not None:
            counted.issued[units.unit_type, units.original_period] += event.quantity
        counted.issued_to[host, units.project] += event.quantity
    else:
        counted.pending -= event.quantity * (event.giver.account_type == PENDING)
        counted.fund -= event.quantity * of_fund(event.giver)
    counted.pending += event.quantity * (event.taker.account_type == PENDING)
    counted.fund += event.quantity * of_fund(event.taker)


def of_fund(holder: Holder) -> bool:
    """True for an account of the Adaptation Fund."""
    return _role(holder.terms) == AccountRole.ADAPTATION_FUND


@lru_cache
def _role(terms: str) -> str:
    return str(json.loads(terms).get("role", ""))


def _add(sums: dict[_Counted, Sum], key: _Counted, units: int) -> None:
    before = sums.get(key, NOTHING)
    sums[key] = Sum(before.transactions + 1, before.units + units)


def _by_transaction(events: Iterable[Event]) -> Iterator[tuple[str, list[Event]]]:
    name, together = "", list[Event]()
    for event in events:
        if event.transaction_id != name and together:
            yield name, together
            together = []
        name = event.transaction_id
        together.append(event)
    if together:
        yield name, together
