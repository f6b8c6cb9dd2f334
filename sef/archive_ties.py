# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holds the totals of an archive against the last report of its Party on each period, to the unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Final

from sef.archive import Archive
from sef.archive_entries import archive_entries
from sef.bookings import account_row
from sef.checks.casefile import Filed
from sef.checks.comparison import State
from sef.checks.judging import judge
from sef.checks.sef12 import TIE
from sef.comparing import compare
from sef.derivation import Asked, derive
from sef.entries import UNIT_OF_CODE, Entry, EntryKind
from sef.layout import Family
from sef.model import Row, Side, Spot, Table, Unit
from sef.spot_words import words_of

_NEVER: Final = datetime(2008, 1, 1, tzinfo=UTC)
_SUMS: Final = frozenset({Row.SUBTOTAL, Row.TOTAL, Row.GRAND_TOTAL})


def differences(archive: Archive, filed: Iterable[Filed], registry: str) -> list[str]:
    """Everything in which an archive and the reports differ; nothing, where it ties to the unit.

    Args:
        archive: The archive.
        filed: The reports; of each period the one on the last year counts.
        registry: Two letters of the Party, as reports name it.
    """
    reports = tuple(filed)
    found = [
        f"{each.name} is not of {registry}" for each in reports if each.header.registry != registry
    ]
    judgement = judge(reports, (TIE,))
    last: dict[int, Filed] = {}
    for each in judgement.file.current.values():
        known = last.get(each.header.period)
        if known is None or known.header.reported_year < each.header.reported_year:
            last[each.header.period] = each
    found += [
        f"period {period}: the archive has units, and no report on it was given"
        for period in sorted({each.applicable_period for each in archive.blocks} - last.keys())
    ]
    if archive.trail:
        found += _from_the_trail(archive, judgement.file.current.values())
    for period, report in sorted(last.items()):
        if not archive.trail:
            found += _rows(archive, report, period)
        found += [
            f"{report.name}, {each.what}: the summary leads to {each.expected}, accounts have"
            f" {each.found}{'; ' if each.missing else ''}{each.missing}"
            for each in judgement.of(report)
            if each.state in {State.BROKEN, State.OPEN}
        ]
    return found


def _from_the_trail(archive: Archive, reports: Collection[Filed]) -> Iterator[str]:
    """Every cell in which a report differs from the one that follows from the trail."""
    years = [each.header.reported_year for each in reports]
    # Units that expired by the end of a reported year are told as expired, though nothing moved them.
    end = max(archive.trail[-1].at.date(), date(max(years, default=0) + 1, 1, 1))
    registry = archive.blocks[0].account_registry
    entries = list(archive_entries(registry, archive.trail, archive.notices, end))
    for report in reports:
        said = report.header
        asked = Asked(
            party=said.registry, year=said.reported_year, period=said.period, family=report.family
        )
        ours = derive(entries, asked)
        if ours is None:
            yield f"{report.name}: no layout is for it"
            continue
        for each in compare(report.submission, ours).differences:
            yield (
                f"{report.name}, {words_of(each.spot)}: the report has {each.one.quantity}, the"
                f" archive {each.other.quantity}"
            )


def _rows(archive: Archive, report: Filed, period: int) -> Iterator[str]:
    ours = _totals(archive, period, report.family)
    spots = {
        spot: cell.quantity
        for spot, cell in report.submission.cells.items()
        if spot.table is Table.END and spot.row not in _SUMS
    }
    for row, unit in ours:
        spots.setdefault(Spot(Table.END, row, Side.QUANTITY, unit), 0)
    for spot, theirs in spots.items():
        mine = ours[spot.row, spot.unit]
        if mine != theirs:
            yield (
                f"{report.name}, {spot.table.value}, row {spot.row}, {spot.unit}: the report has"
                f" {theirs}, the archive {mine}"
            )


def _totals(archive: Archive, period: int, family: Family) -> Counter[tuple[Row | int | str, Unit]]:
    """Units of the archive by the rows of a report."""
    found: Counter[tuple[Row | int | str, Unit]] = Counter()
    for block in archive.blocks:
        if block.applicable_period != period:
            continue
        unit = UNIT_OF_CODE[block.unit_type]
        # Of mandatory cancellation the notice decides.
        filled = Entry(
            at=_NEVER, kind=EntryKind.INTERNAL, party="", period=period, unit=unit, quantity=0,
            notice=block.notice_type,
        )  # fmt: skip
        found[account_row(block.account_type, filled, family), unit] += block.quantity
    return found
