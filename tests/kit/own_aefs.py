# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AEFs of all Parties and years, drawn from a ledger and put to all checks."""

from __future__ import annotations

import sqlite3
from datetime import date

from aef.checks.casefile import CaseFile
from aef.checks.filed import file_submission
from aef.checks.judging import Judgement, judge
from aef.model import Submission
from broker.reports.paris.aef.drawing import draw_all
from broker.reports.paris.aef.ledger_context import ledger_context


def draw(
    connection: sqlite3.Connection, party: str, year: int, submitted: date | None = None
) -> Submission:
    (drawn,) = draw_all(connection, [(party, year)], submitted=submitted)
    return drawn


def judged(connection: sqlite3.Connection) -> Judgement:
    drawn = draw_all(connection)
    filed = [file_submission(number, each) for number, each in enumerate(drawn)]
    return judge(CaseFile(filed, ledger_context(connection, drawn)))


def told(judgement: Judgement) -> list[str]:
    return [
        f"{each.check.id} {each.note.state} {each.note.here.filed.name}: {each.note.found}"
        f" / {each.note.expected} / {each.note.missing} at {each.note.here.text}"
        for each in judgement.findings
    ]
