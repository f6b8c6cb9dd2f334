# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Annual information is in by 15 April of the following year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from aef.checks.filed import Filed
from broker.rulebook.check import Outcome, Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import (
    ReportCategory,
    ReportCheck,
    ReportFacts,
    Trouble,
)

_MONTH, _DAY = 4, 15
"""2/CMA.3 annex para 20: no later than 15 April of the year following the year reported on."""


def deadline(year: int) -> date:
    """When the annual information on a year is due."""
    return date(year + 1, _MONTH, _DAY)


def _run(facts: ReportFacts) -> Iterator[Trouble]:
    reported: dict[tuple[str, tuple[int, int]], list[Filed]] = {}
    for each in facts.file.filed:
        # What is drawn from a ledger was not submitted, and so cannot be late.
        if each.years is not None and not each.submission.from_ledger:
            reported.setdefault((each.party, each.years), []).append(each)
    for (_, years), versions in reported.items():
        yield from _in_time(years, versions)
    yield from _not_filed(facts)


def _in_time(years: tuple[int, int], versions: list[Filed]) -> Iterator[Trouble]:
    # A later version may come later: the first one has to be in time.
    first = min(versions, key=lambda each: (each.version or (0, 0), each.number))
    due, submitted = deadline(years[0]), first.submission.heading.submitted
    expected = f"submission no later than {due:%d/%m/%Y}"
    if submitted is None:
        yield Trouble(
            outcome=Outcome.INCONCLUSIVE,
            owner=first.party,
            where=first.name,
            found="no date of submission",
            expected=expected,
        )
    elif submitted > due and first.submission.heading.version not in ("", "1.0"):
        yield Trouble(
            outcome=Outcome.INCONCLUSIVE,
            owner=first.party,
            where=first.name,
            found=f"submitted on {submitted:%d/%m/%Y}; the version before it was not given",
            expected=expected,
        )
    elif submitted > due:
        yield Trouble(
            outcome=Outcome.FAILED,
            owner=first.party,
            where=first.name,
            found=f"submitted on {submitted:%d/%m/%Y}",
            expected=expected,
        )


def _not_filed(facts: ReportFacts) -> Iterator[Trouble]:
    """Years after a Party's last report that are due and not there."""
    for party, filed in facts.file.by_party.items():
        last = max((each.years[1] for each in filed if each.years), default=None)
        year = None if last is None else last + 1
        while year is not None and deadline(year) < facts.today:
            yield Trouble(
                outcome=Outcome.INCONCLUSIVE,
                owner=party,
                where=f"{party} {year}",
                found=f"no AEF of {party} for {year} was given",
                expected=f"submission no later than {deadline(year):%d/%m/%Y}",
            )
            year += 1


CHECK: Final = ReportCheck(
    id="AEF_DEADLINE",
    title="Annual information is in by 15 April of the following year",
    category=ReportCategory.REPORTING,
    citation="2/CMA.3 annex para 20",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="the first version of every AEF, and years that are due",
    remedy="Submit the annual information; a correction may follow as a new version.",
    run=_run,
)
