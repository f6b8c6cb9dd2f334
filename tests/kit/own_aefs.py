# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AEFs of all Parties and years, drawn from a ledger and put to all checks.

Whatever is drawn here of the whole record is drawn of each Party alone along a timeline, too, and has to be the same.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from aef.checks.casefile import CaseFile
from aef.checks.filed import file_submission
from aef.checks.judging import Judgement, judge
from aef.model import Submission
from broker.reports.paris.aef.drawing import Selection, draw_all
from broker.reports.paris.aef.ledger_context import ledger_context
from broker.reports.paris.aef.party_drawing import PartyDrawing
from broker.reports.paris.timeline import Timeline
from itmo.runtime.db.connection import Connection


def draw(
    connection: Connection, party: str, year: int, submitted: date | None = None
) -> Submission:
    (drawn,) = draw_both_ways(connection, [(party, year)], submitted)
    return drawn


def draw_both_ways(
    connection: Connection,
    wanted: Collection[Selection] | None = None,
    submitted: date | None = None,
) -> list[Submission]:
    """Draws them of the whole record, and each by itself along a timeline."""
    whole = draw_all(connection, wanted, submitted=submitted)
    timeline = Timeline()
    timeline.read_all(connection)
    if wanted is None:
        parties: set[tuple[str, int | None]] = {(each.heading.party, None) for each in whole}
    else:
        parties = set(wanted)
    alone = [
        submission
        for party, year in sorted(parties, key=str)
        for submission in drawn_alone(
            connection, PartyDrawing(party, year), timeline, submitted=submitted
        )
    ]
    assert alone == whole
    return whole


def drawn_alone(
    connection: Connection,
    drawing: PartyDrawing,
    timeline: Timeline,
    submitted: date | None = None,
) -> list[Submission]:
    """A Party's AEFs along a timeline, turn by turn."""
    while not drawing.read_on(connection, timeline):
        pass
    return drawing.submissions(connection, version="1.0", submitted=submitted)


def judged(connection: Connection) -> Judgement:
    drawn = draw_both_ways(connection)
    filed = [file_submission(number, each) for number, each in enumerate(drawn)]
    return judge(CaseFile(filed, ledger_context(connection, drawn)))


def told(judgement: Judgement) -> list[str]:
    return [
        f"{each.check.id} {each.note.state} {each.note.here.filed.name}: {each.note.found}"
        f" / {each.note.expected} / {each.note.missing} at {each.note.here.text}"
        for each in judgement.findings
    ]
