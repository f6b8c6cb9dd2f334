# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a Kyoto story tells, the reports of its Parties tie within themselves, over years and between them."""

from __future__ import annotations

from datetime import date

from broker.reports.kyoto.sef_entries import sef_entries
from sef.checks.casefile import Filed
from sef.checks.comparison import State
from sef.checks.judging import judge
from sef.derivation import Asked, derive
from sef.entries import CDM
from tests.kit.told import Told, of_kyoto


@of_kyoto
def test_reports_of_the_story_tie(told: Told) -> None:
    entries = sef_entries(told.database, date(2027, 1, 1))
    parties = {each.party for each in entries} - {CDM}
    on_record = {each.year for each in entries}
    years = range(min(on_record, default=2008), max(on_record, default=2007) + 1)
    asked = [
        Asked(party=party, year=year, period=period)
        for party in sorted(parties)
        for period in (1, 2)
        for year in years
        if any(each.party == party and each.year <= year for each in entries)
    ]
    reports = [each for one in asked if (each := derive(entries, one)) is not None]
    judgement = judge(Filed(number, each) for number, each in enumerate(reports))
    broken = [
        (each.check, each.filed.name, each.what, each.found, each.expected)
        for each in judgement.found
        if each.state is not State.REMARK and "corrective" not in each.missing
    ]
    assert broken == []
