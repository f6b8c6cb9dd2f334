# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Loads and writes what registries share, as part of a group of decisions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from broker.clearing.sharing.sharing_rows import (
    FindingState,
    ReportFindingRow,
    SharedBooks,
    SharedEffects,
    SharingRow,
)
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.reported import ReportedUnits
from broker.rulebook.general.sharing import SharingLevel
from broker.store import sharing_schema as s
from broker.store.claims import others, reported, spans
from itmo.core.v1 import sharing_pb2
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import listed
from itmo.runtime.db.rows import Read, add, drop, put
from itmo.runtime.db.statement import Statement
from itmo.serials import MAX_SERIAL

_H: Final = s.reported_holding
SHARING: Final = Statement(select(s.sharing).where(s.sharing.c.registry.in_(listed("wanted"))))
_HELD_BY: Final = Statement(
    select(_H)
    .where(_H.c.reporter.in_(listed("wanted")))
    .order_by(_H.c.reporter, _H.c.registry, _H.c.first)
)
_ACTIONS: Final = Statement(
    select(s.reported_action.c.reporter, s.reported_action.c.action_id).where(
        s.reported_action.c.reporter == bindparam("of_reporter"),
        s.reported_action.c.action_id.in_(listed("wanted")),
    )
)
_FINDINGS: Final = Statement(
    select(s.report_finding)
    .where(
        s.report_finding.c.reporter.in_(listed("wanted")),
        s.report_finding.c.state.in_(
            [
                literal_column(f"'{each}'")
                for each in FindingState
                if each is not FindingState.CLOSED
            ]
        ),
    )
    .order_by(s.report_finding.c.finding_id)
)
finding: Final = Read(ReportFindingRow, s.report_finding.c.keys())
sharing_row: Final = Read(SharingRow, s.sharing.c.keys())
_PUT_SHARING: Final = put(s.sharing)
_ADD_REPORT: Final = add(s.registry_report)
_DROP_HELD: Final = drop(_H, ["reporter"])
_ADD_HELD: Final = add(_H)
_ADD_ACTION: Final = add(s.reported_action)
_PUT_FINDING: Final = put(s.report_finding)


@dataclass(slots=True)
class SharedNeeds:
    """What a group may touch of what is shared."""

    reporters: set[str] = field(default_factory=set)
    """Registries that state their sharing or report."""
    stating: set[str] = field(default_factory=set)
    """Those among them that state their sharing."""
    reporting: set[str] = field(default_factory=set)
    """Those among them that report."""
    ranges: dict[str, set[tuple[str, int, int]]] = field(default_factory=dict)
    """Units of each report by its reporter; after `load_shared` also those that it holds already."""
    actions: dict[str, set[str]] = field(default_factory=dict)
    """Ids of reported actions by reporter."""

    def collect(self, report: sharing_pb2.RegistryReport) -> None:
        """Adds what a report names. Its form was not looked at yet: what has none is left out."""
        self.reporters.add(report.registry)
        self.reporting.add(report.registry)
        ranges = self.ranges.setdefault(report.registry, set())
        for block in (
            *(each.block for each in report.holdings),
            *(each.block for each in report.actions),
        ):
            if 1 <= block.first <= block.last <= MAX_SERIAL:
                ranges.add((block.registry, block.first, block.last))
        actions = self.actions.setdefault(report.registry, set())
        actions.update(each.action_id for each in report.actions)


def compared(needs: SharedNeeds, shared: SharedBooks) -> Iterator[str]:
    """Registries whose reports may have to be compared with the ledger: they take part in full."""
    for name in sorted(needs.reporting):
        stated = shared.statements.get(name)
        if stated is None or stated.level == SharingLevel.TRANSACT or name in needs.stating:
            yield name


def load_shared(connection: Connection, needs: SharedNeeds) -> SharedBooks:
    """Everything that statements and reports of a group are judged by."""
    if not needs.reporters:
        return SharedBooks()
    reporters = json.dumps(sorted(needs.reporters))
    holdings: dict[str, list[ReportedUnits]] = {name: [] for name in sorted(needs.reporters)}
    for row in connection.execute(_HELD_BY, {"wanted": reporters}):
        units = reported(row)
        holdings[units.reporter].append(units)
        if units.reporter in needs.ranges:
            needs.ranges[units.reporter].add((units.registry, units.first, units.last))
    # Of each report what it would be compared with alone: a group changes no answer.
    found = {
        (units.reporter, units.registry, units.first): units
        for reporter in sorted(needs.ranges)
        for units in others(connection, reporter, spans(needs.ranges[reporter]))
        if units.reporter not in needs.reporters
    }
    for units in found.values():
        holdings.setdefault(units.reporter, []).append(units)
    return SharedBooks(
        statements=_statements(connection, needs.reporters),
        holdings={name: tuple(rows) for name, rows in holdings.items()},
        actions={
            (row[0], row[1])
            for reporter, wanted in needs.actions.items()
            for row in connection.execute(
                _ACTIONS, {"of_reporter": reporter, "wanted": json.dumps(sorted(wanted))}
            )
        },
        findings={
            row[0]: finding(row) for row in connection.execute(_FINDINGS, {"wanted": reporters})
        },
    )


def merged(
    connection: Connection, registries: Mapping[str, RegistryFacts], shared: SharedBooks
) -> dict[str, RegistryFacts]:
    """Registries with how much they share."""
    known = _statements(connection, registries)
    shared.statements.update(known)
    return {
        name: facts
        if name not in known
        else replace(
            facts, level=SharingLevel(known[name].level), switched_off=known[name].switches
        )
        for name, facts in registries.items()
    }


def write_shared(connection: Connection, shared: SharedBooks, effects: SharedEffects) -> None:
    """Writes what a group decided about what is shared."""
    stated = (shared.statements[name] for name in sorted(effects.statements))
    _PUT_SHARING.many(connection, stated)
    _ADD_REPORT.many(connection, effects.reports)
    reporters = sorted(effects.holdings)
    _DROP_HELD.run(connection, ((name,) for name in reporters))
    _ADD_HELD.many(connection, (row for name in reporters for row in shared.holdings[name]))
    _ADD_ACTION.many(connection, effects.actions)
    _PUT_FINDING.many(connection, effects.findings.values())


def _statements(connection: Connection, wanted: Iterable[str]) -> dict[str, SharingRow]:
    rows = connection.execute(SHARING, {"wanted": json.dumps(sorted(wanted))})
    return {row[0]: sharing_row(row) for row in rows}
