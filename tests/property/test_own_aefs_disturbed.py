# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One value of consistent AEFs is changed: the check it concerns finds it, in that row; nothing else is wrong.

The AEFs are those of a history drawn at random. What else a value decides may be found too, and is named
with the way of changing it. Ways of writing that are no change are in `test_aef_disturbed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from aef.checks.casefile import CaseFile, Context
from aef.checks.filed import file_submission
from aef.checks.judging import Judgement, judge
from aef.checks.states import State
from aef.layout import LISTED
from aef.model import ActionRow, ActionSubtype, ActionType, Place, Submission
from broker.reports.paris.aef.ledger_context import ledger_context
from scenarios.acting import Stage
from scenarios.network import PlayedNetwork
from scenarios.reading import read
from scenarios.world import set_up
from tests.kit.drawn import drawn
from tests.kit.own_aefs import draw_both_ways
from tests.kit.random_stories import stories

Row = Any
SUMS: Final = frozenset({"DR01", "DR02", "DR03", "DR04", "IRC01", "STC02"})
"""Checks of quantities."""
UNITS: Final = frozenset({"ISC01", "ISC02", "ISC03", "ISC04", "IP01", "IP02", "IP03", "II02"})
"""Checks of where units are."""


@dataclass(frozen=True)
class Way:
    """A way to make a row wrong.

    Attributes:
        applies: Rows that it can be done to.
        changed: The row afterwards; None: it is left out.
        check: What must find it, in that row.
        also: What may find more that is wrong for it.
    """

    table: str
    applies: Callable[[Row], bool]
    changed: Callable[[Row], Row | None]
    check: str
    also: frozenset[str] = frozenset()


def of(*types: ActionType) -> Callable[[Row], bool]:
    return lambda row: row.type in types


def to_ndc(row: ActionRow) -> bool:
    return row.type is ActionType.USE and row.year_of_use is not None


def next_year(row: ActionRow) -> ActionRow:
    on = row.date
    assert on is not None
    return replace(row, date=on.replace(year=on.year + 1, day=min(on.day, 28)), time=None)


A, H = "actions", "holdings"
WAYS: Final = (
    Way(A, lambda _: True, next_year, "STC01", UNITS | SUMS | {"IPC01"}),
    Way(A, to_ndc, lambda row: replace(row, year_of_use=2035), "STC03", frozenset({"IRC01"})),
    Way(A, lambda row: bool(row.quantity), lambda row: replace(row, quantity=row.quantity + 1), "DR01", SUMS | {"IPC01"}),
    Way(H, lambda row: bool(row.quantity), lambda row: replace(row, quantity=row.quantity - 1), "DR01", SUMS),
    Way(A, of(ActionType.ACQUISITION), lambda row: replace(row, transferring_party="GHA"), "IPC01", UNITS | SUMS | {"II01"}),
    Way(A, lambda row: row.subtype is ActionSubtype.FIRST_INTERNATIONAL and row.acquiring_party,
        lambda row: replace(row, acquiring_party="GHA"), "IPC01", UNITS | SUMS | {"II01"}),
    Way(H, lambda _: True, lambda row: replace(row, metric="GHG" if row.metric == "non-GHG" else "non-GHG"),
        "II04", SUMS),
    Way(H, lambda _: True, lambda row: replace(row, cooperative_approach="CA000099"), "II07", SUMS | {"II01", "II04"}),
    Way(A, lambda row: row.subtype is ActionSubtype.FIRST_INTERNATIONAL, lambda row: replace(row, first_transferring_party="GHA"), "IP03",
        UNITS | SUMS | {"II01", "II03", "IPC01", "IP04", "II06", "STC04"}),
)  # fmt: skip


async def _drawn(content: bytes) -> tuple[list[Submission], Context]:
    """AEFs of a story, and what the ledger knows besides."""
    story = read("drawn at random", content)
    network = PlayedNetwork(story.nodes, story.clock)
    try:
        problems, accounts = await set_up(network, story)
        assert not problems
        stage = Stage(network, story, accounts)
        for step in story.steps:
            await stage.act(step)
        drawn = draw_both_ways(network.database)
        return drawn, ledger_context(network.database, drawn)
    finally:
        await network.close()


def placed(submission: Submission) -> Submission:
    """Rows of a ledger stand nowhere; here they get a place, by which they are known."""
    tables: dict[str, Any] = {
        table.key: tuple(
            replace(row, place=Place(table.key, number))
            for number, row in enumerate(getattr(submission, table.key), 1)
        )
        for table in LISTED
    }
    return replace(submission, **tables)


def judged(submissions: list[Submission], context: Context) -> Judgement:
    filed = [file_submission(number, each) for number, each in enumerate(submissions)]
    return judge(CaseFile(filed, context))


@pytest.mark.slow
@drawn(
    content=stories(), way=st.sampled_from(WAYS), data=st.data(), few=4, many=8,
    how=settings(suppress_health_check=list(HealthCheck)),
)  # fmt: skip
def test_one_wrong_value_is_found_where_it_stands(
    content: bytes, way: Way, data: st.DataObject
) -> None:
    drawn, context = asyncio.run(_drawn(content))
    submissions = [placed(each) for each in drawn]
    choices = [
        (number, place)
        for number, each in enumerate(submissions)
        for place, row in enumerate(getattr(each, way.table))
        if way.applies(row)
    ]
    assume(choices)
    number, place = data.draw(st.sampled_from(choices))
    rows = list(getattr(submissions[number], way.table))
    rows[place] = way.changed(rows[place])
    disturbed: dict[str, Any] = {way.table: tuple(rows)}
    submissions[number] = replace(submissions[number], **disturbed)
    findings = judged(submissions, context).findings
    wrong = [each for each in findings if each.note.state is State.INCONSISTENT]
    told = [f"{each.check.id} {each.note.here} {each.note.found}" for each in findings]
    here = Place(way.table, place + 1)
    assert any(
        each.check.id == way.check
        and any(
            (one.filed.number, one.place) == (number, here)
            for one in (each.note.here, *each.note.there, *each.also)
        )
        # Where a Party is named that did not file, its side of it is missing, not wrong.
        for each in findings
    ), told
    assert {each.check.id for each in wrong} <= {way.check} | way.also, told
