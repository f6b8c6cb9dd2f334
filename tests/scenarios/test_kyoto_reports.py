# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a Kyoto story tells, the reports of its Parties tie within themselves, over years and between them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broker.reports.kyoto.sef_entries import sef_entries
from scenarios import play as playing
from scenarios.judging import judge as judge_story
from scenarios.play import play
from scenarios.reading import read_file
from sef.checks.casefile import Filed
from sef.checks.comparison import State
from sef.checks.judging import judge
from sef.derivation import Asked, derive
from sef.entries import CDM, Entry

STORIES = sorted(
    path
    for path in Path(__file__).parent.glob("*.yaml")
    if "kyoto" in path.read_text(encoding="utf-8").partition("steps:")[0]
)


def recorded(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    """The entries of the record at the end of a story."""
    found: list[Entry] = []
    judged = judge_story

    def listening(expect: Any, database: sqlite3.Connection, names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as the runner has them
        found.extend(sef_entries(database, date(2027, 1, 1)))
        return judged(expect, database, names)

    monkeypatch.setattr(playing, "judge", listening)
    asyncio.run(play(read_file(path)))
    return found


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_reports_of_the_story_tie(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = recorded(path, monkeypatch)
    parties = {each.party for each in entries} - {CDM}
    told = {each.year for each in entries}
    years = range(min(told, default=2008), max(told, default=2007) + 1)
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
