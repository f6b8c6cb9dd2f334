# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house knows besides the AEFs that are drawn from its ledger.

The summaries are those of `broker summary`, which come from the adjustment ledger, the AEFs from the
unit ledger: check IRC01 compares the two. Certified emission reductions, which are no ITMOs and stand
in no AEF, are taken out of the summaries first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from sqlalchemy import bindparam, select

from aef.checks.casefile import Context
from aef.checks.cooperative_approaches import APPROACHES, Approach
from aef.checks.summaries import GHG, StructuredSummary, SummaryKey
from aef.model import Submission
from broker.regime.paris.adjustments.summary import YearSummary
from broker.regime.paris.statements.approach import approach as read_approach
from broker.reports.paris import parties
from broker.reports.paris.aef.drawing import Selection
from broker.reports.paris.structured_summary import structured_summary
from broker.reports.paris.timeline import Timeline
from broker.reports.snapshot import snapshot
from broker.rulebook.paris.years import YearSpan
from broker.store import schema as s
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_METRICS: Final = Statement(
    select(s.adjustment_entry.c.metric)
    .where(s.adjustment_entry.c.party == bindparam("of_party"))
    .distinct()
)


def ledger_context(
    connection: Connection, drawn: Iterable[Submission], timeline: Timeline | None = None
) -> Context:
    """What is known to check AEFs that were drawn from the same ledger.

    Args:
        connection: The database.
        drawn: The submissions; nothing can have been reported before the first of a Party.
        timeline: Has sums of entries; None: summaries are made of the entries.
    """
    selections = {
        (each.heading.party, each.heading.reported_year)
        for each in drawn
        if each.heading.reported_year is not None
    }
    first: dict[str, int] = {}
    for party, year in selections:
        first[party] = min(first.get(party, year), year)
    with snapshot(connection):
        summaries = _summaries(connection, selections, timeline)
        approaches = _approaches(connection)
        periods = {party: _periods(connection, party) for party in first}
    return Context(
        approaches=approaches,
        first_reports=frozenset(first.items()),
        summaries=summaries,
        periods=periods,
    )


def _periods(connection: Connection, party: str) -> tuple[tuple[int, int], ...]:
    facts = parties.party_facts(connection, party)
    return tuple((each.years.first, each.years.last) for each in facts.ndc_periods) if facts else ()


def _approaches(connection: Connection) -> Mapping[str, Approach]:
    found = dict(APPROACHES)
    for written in parties.approach_statements(connection):
        known = read_approach(written)
        name = str(known.cooperative_approach)
        open_to_all = name in found and found[name].open_to_all
        found[name] = Approach(
            name, written.title, frozenset(known.parties), not open_to_all, open_to_all
        )
    return found


def _summaries(
    connection: Connection, selections: Collection[Selection], timeline: Timeline | None
) -> Mapping[SummaryKey, StructuredSummary]:
    """What the structured summaries say of each Party and year, without what no AEF reports."""
    years_of: dict[str, list[int]] = defaultdict(list)
    for party, year in selections:
        years_of[party].append(year)
    found: dict[SummaryKey, StructuredSummary] = {}
    for party, years in years_of.items():
        booked = connection.execute(_METRICS, {"of_party": party}).fetchall()
        for metric in {GHG, *(name for (name,) in booked)}:
            span = YearSpan(min(years), max(years))
            whole = structured_summary(connection, party, span, metric=metric, timeline=timeline)
            for column in whole.columns:
                if (party, column.year) in selections:
                    summary = _comparable(party, column, metric)
                    found[summary.key] = summary
    return found


def _comparable(party: str, column: YearSummary, metric: str) -> StructuredSummary:
    """A column as far as an AEF can say the same: certified emission reductions are no ITMOs."""
    return StructuredSummary(
        party=party,
        year=column.year,
        metric=metric,
        first_transferred=column.first_transferred,
        other_purposes=column.other_purposes,
        used=column.used - column.cers_used,
        net=column.net + column.cers_used,
        adjustment=column.total_adjustment + column.cers_used,
    )
