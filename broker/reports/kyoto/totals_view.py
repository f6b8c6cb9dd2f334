# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Totals of the mechanisms as data, and as tables that people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broker.reports.kyoto import cdm_totals, ji_totals
from broker.reports.kyoto.cdm_totals import Activities, CdmTotals, Line, Sum
from broker.reports.kyoto.ji_totals import JiTotals
from broker.reports.snapshot import snapshot
from broker.rulebook.kyoto.codes import Track
from broker.rulebook.kyoto.fees import dollars
from itmo.runtime.cli.screen import Screen
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What was asked of the record.

    Attributes:
        since: Of the column of what came last; None: there is none.
        earlier: The sums as they were then.
    """

    since: datetime | None
    as_of: datetime | None
    cdm: CdmTotals
    earlier: CdmTotals
    activities: Activities
    ji: JiTotals


def totals(connection: Connection, since: datetime | None, as_of: datetime | None) -> Totals:
    """Everything, as of one state of the record."""
    with snapshot(connection):
        cdm, earlier = cdm_totals.totals(connection, since, as_of)
        return Totals(
            since=since,
            as_of=as_of,
            cdm=cdm,
            earlier=earlier,
            activities=cdm_totals.activities(connection, cdm, as_of),
            ji=ji_totals.totals(connection, as_of),
        )


def as_data(found: Totals) -> dict[str, Any]:
    """As JSON has it; without the earlier moment without what came since."""
    return {"clean_development": _cdm_data(found), "joint_implementation": _ji_data(found.ji)}


def _cdm_data(found: Totals) -> dict[str, Any]:
    whole, earlier = found.cdm, found.earlier
    last = found.since is not None
    return {
        "lines": [
            {"line": line.value, **_sum(whole.line(line))}
            | ({"last": _sum(whole.line(line).less(earlier.line(line)))} if last else {})
            for line in Line
        ],
        "issued": [
            {"unit_type": kind.title, "period": period, "units": units}
            | ({"last": units - earlier.issued[kind, period]} if last else {})
            for (kind, period), units in sorted(whole.issued.items())
        ],
        "exempt": _sum(whole.exempt)
        | ({"last": _sum(whole.exempt.less(earlier.exempt))} if last else {}),
        "pending": whole.pending,
        "adaptation_fund": whole.fund,
        "owed_cents": found.activities.owed,
        "activities": {"count": found.activities.with_units},
        "deregistered": {"count": found.activities.ended},
        "programmes": [
            {"programme": name, "units": units}
            for name, units in found.activities.programmes.items()
        ],
        "voluntary": [
            {"purpose": why.purpose, "reissued_in": why.reissued_in, **_sum(row)}
            | ({"last": _sum(row.less(earlier.endings.get(why, Sum())))} if last else {})
            for why, row in whole.endings.items()
        ],
    }


def _ji_data(found: JiTotals) -> dict[str, Any]:
    return {
        "eru": [
            {"host": cell.host, "year": cell.year, "track": int(cell.track), "units": units}
            for cell, units in found.units.items()
        ],
        "projects": [{"host": host, "count": count} for host, count in found.projects.items()],
    }


def _sum(row: Sum) -> dict[str, int]:
    return {"count": row.transactions, "units": row.units}


def show(screen: Screen, found: Totals) -> None:
    """For people: what of a mechanism never happened is left out."""
    if found.cdm.lines:
        _show_cdm(screen, found)
    if found.ji.units:
        _show_ji(screen, found.ji)
    if not found.cdm.lines and not found.ji.units:
        screen.line("Nothing was issued or converted under either mechanism.")


def _show_cdm(screen: Screen, found: Totals) -> None:
    whole, earlier = found.cdm, found.earlier
    screen.heading("Clean development mechanism")
    numbers = ["Transactions", "Units"] + (
        ["since: Transactions", "since: Units"] * bool(found.since)
    )
    rows: list[list[object]] = []
    for line in Line:
        row, last = whole.line(line), whole.line(line).less(earlier.line(line))
        rows.append([line, *_shown(row), *(_shown(last) if found.since else [])])
    screen.table(["", *numbers], rows, numbers=numbers)
    screen.line()
    units = ["Units"] + ["since: Units"] * bool(found.since)
    screen.table(
        ["Issued", "Period", *units],
        [
            [kind.title, period, grouped(count)]
            + [grouped(count - earlier.issued[kind, period])] * bool(found.since)
            for (kind, period), count in sorted(whole.issued.items())
        ],
        numbers=["Period", *units],
    )
    screen.line()
    _show_facts(screen, found)
    screen.line()
    screen.table(
        ["Voluntary cancellation for", "Issued again in", *numbers],
        [
            [why.purpose or "not told", why.reissued_in or "-", *_shown(row)]
            + (_shown(row.less(earlier.endings.get(why, Sum()))) if found.since else [])
            for why, row in whole.endings.items()
        ],
        numbers=numbers,
    )


def _show_facts(screen: Screen, found: Totals) -> None:
    whole, activities = found.cdm, found.activities
    last = whole.exempt.less(found.earlier.exempt)
    since = f", {last.transactions} of them since" if found.since else ""
    screen.facts(
        [
            ("Pending", f"{grouped(whole.pending)} units"),
            ("Owed for them", dollars(activities.owed)),
            ("Adaptation Fund holds", f"{grouped(whole.fund)} units"),
            (
                "Issuances without a share",
                f"{whole.exempt.transactions}{since}; {grouped(whole.exempt.units)} units",
            ),
            ("Activities with units", grouped(activities.with_units)),
            (
                "Programmes with units",
                f"{len(activities.programmes)}; {grouped(sum(activities.programmes.values()))} units",
            ),
            ("Deregistered", str(activities.ended)),
        ]
    )


def _show_ji(screen: Screen, found: JiTotals) -> None:
    screen.heading("Joint implementation: ERUs, all by conversion")
    tracks = ["Track 1", "Track 2", "Total"]
    years = sorted({cell.year for cell in found.units})
    rows = [[year, *_tracks(found, year=year)] for year in years]
    screen.table(["Year", *tracks], [*rows, ["Total", *_tracks(found)]], numbers=tracks)
    screen.line()
    by_host = [[host, count, *_tracks(found, host=host)] for host, count in found.projects.items()]
    screen.table(["Host", "Projects", *tracks], by_host, numbers=["Projects", *tracks])


def _tracks(found: JiTotals, *, host: str | None = None, year: int | None = None) -> list[str]:
    parts = [found.sum(host=host, year=year, track=track) for track in Track]
    return [grouped(each) for each in (*parts, sum(parts))]


def _shown(row: Sum) -> list[str]:
    return [grouped(row.transactions), grouped(row.units)]


def grouped(number: int) -> str:
    """Digits in groups of three, such as 10 078."""
    return f"{number:,}".replace(",", " ")
