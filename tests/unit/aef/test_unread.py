# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was not seen or not understood makes no check consistent, and none inconsistent."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from aef.checks.casefile import CaseFile, Context
from aef.checks.catalogue import CHECKS
from aef.checks.filed import file_submission
from aef.checks.judging import Judgement, judge
from aef.checks.states import State
from aef.checks.unread import READ_BY
from aef.layout import (
    ACTIONS,
    AUTHORIZATIONS,
    ENTITIES,
    HOLDINGS,
    SUBMISSION,
    TABLES,
    Need,
)
from aef.model import ReadFile
from aef.opening import read_file
from tests.kit.aef_files import CellValue, fill_heading, saved
from tests.kit.aef_pair import Change, cell, swiss, thai

CHECKED = tuple(check for check in CHECKS if check.id != "IRC01")


def judged(tmp_path: Path, *books: Workbook) -> Judgement:
    return of_files(
        *(read_file(saved(book, tmp_path / f"{number}.xlsx")) for number, book in enumerate(books))
    )


def of_files(*read: ReadFile) -> Judgement:
    filed = [file_submission(at, each.submission, each.findings) for at, each in enumerate(read)]
    first = frozenset({("CHE", 2023), ("THA", 2023)})
    return judge(CaseFile(filed, Context(first_reports=first)), CHECKED)


def for_other_purposes(change: Change) -> Change:
    """A change to an authorization that is for other purposes, too."""

    def both(book: Workbook) -> None:
        cell("authorizations", "purposes", "NDC and OIMP")(book)
        cell("authorizations", "oimp", "CORSIA")(book)
        change(book)

    return both


def states(judgement: Judgement, party: str) -> dict[str, State]:
    (filed,) = (each for each in judgement.file.current if each.party == party)
    return judgement.states[filed]


def undetermined(judgement: Judgement, party: str) -> list[str]:
    assert State.INCONSISTENT not in {each.note.state for each in judgement.findings}
    found = states(judgement, party)
    return sorted(check for check, state in found.items() if state is State.UNDETERMINED)


def test_every_check_says_what_it_reads() -> None:
    assert set(READ_BY) == {check.id for check in CHECKS}
    known = {table.key: {column.field for column in table.columns} for table in TABLES}
    for reads in READ_BY.values():
        for table, fields in reads.items():
            assert fields <= known[table]


def test_the_control_is_consistent(tmp_path: Path) -> None:
    found = judged(tmp_path, thai(), swiss())
    assert [each.note for each in found.findings] == []


def test_a_party_that_cannot_be_read_accuses_nobody(tmp_path: Path) -> None:
    book = thai()
    fill_heading(book, {"party": "Siam and others"})
    found = judged(tmp_path, book, swiss())
    assert undetermined(found, "?") == sorted(check.id for check in CHECKED)
    assert "IPC01" in undetermined(found, "CHE")


@pytest.mark.parametrize("table", [AUTHORIZATIONS, ACTIONS, HOLDINGS, ENTITIES, SUBMISSION])
def test_a_table_that_is_not_there_is_not_empty(tmp_path: Path, table: object) -> None:
    (sheet, key) = next((each.sheet, each.key) for each in TABLES if each is table)
    book = thai()
    del book[sheet]
    found = judged(tmp_path, book, swiss())
    party = "?" if table is SUBMISSION else "THA"
    reading = {check for check, reads in READ_BY.items() if key in reads} - {"IRC01"}
    expected = {check.id for check in CHECKED} if table is SUBMISSION else reading
    assert set(undetermined(found, party)) >= expected
    assert expected


def test_a_copy_of_a_table_with_rows_leaves_it_open_which_counts(tmp_path: Path) -> None:
    book = thai()
    book.copy_worksheet(book[ACTIONS.sheet]).title = "Copy"
    assert "IPC01" in undetermined(judged(tmp_path, book, swiss()), "THA")
    empty = thai()
    empty.copy_worksheet(empty[ENTITIES.sheet]).title = "Copy"
    assert undetermined(judged(tmp_path, empty, swiss()), "THA") == []


def test_a_column_that_is_not_there_is_not_empty(tmp_path: Path) -> None:
    book = thai()
    book[AUTHORIZATIONS.sheet]["G7"] = "How many"
    book[AUTHORIZATIONS.sheet]["G8"] = 50
    assert undetermined(judged(tmp_path, book, swiss()), "THA") == ["STC02"]


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        (cell("authorizations", "quantity", "as agreed"), {"STC02"}),
        (cell("authorizations", "quantity", "=1+1"), {"STC02"}),
        (cell("authorizations", "time_frame", "2035"), {"STC02"}),
        (cell("authorizations", "purposes", "whatever is needed"), {"STC04"}),
        (
            for_other_purposes(cell("authorizations", "first_transfer_definition", "On delivery")),
            {"IP03"},
        ),
        (cell("actions", "type", "Sale"), {"IPC01", "IP01", "STC04", "DR03", "ISC01"}),
        (cell("actions", "type", None), {"IPC01", "IP01", "STC04", "DR03", "ISC01"}),
        (cell("actions", "date", "in winter"), {"STC01", "IPC01", "IP01"}),
        (cell("actions", "quantity", "about 100"), {"STC02", "IPC01", "DR03", "DR04"}),
        (cell("actions", "quantity", "=SUM(A1)"), {"STC02", "IPC01", "DR03", "DR04"}),
        (cell("actions", "acquiring_party", "whoever"), {"IPC01", "DR03", "STC04"}),
        (cell("actions", "metric", "MWh"), {"II04", "IPC01"}),
        (cell("actions", "vintage", "2021-2022"), {"STC02", "IPC01"}),
        (cell("actions", "last_id", "#REF!"), {"IPC01", "ISC01", "II04"}),
        (cell("actions", "cooperative_approach", "e-buses"), {"II01", "II07", "IPC01"}),
    ],
)
def test_a_value_that_was_not_understood_decides_nothing(
    tmp_path: Path, change: Change, checks: set[str]
) -> None:
    book = thai()
    change(book)
    found = judged(tmp_path, book, swiss())
    assert checks <= set(undetermined(found, "THA"))


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        (cell("actions", "using_party", "somebody", 10), {"II06"}),
        (cell("actions", "year_of_use", "2022-2023", 10), {"STC03", "IP04"}),
        (cell("actions", "transferring_party", "a friend", 9), {"IPC01", "DR03"}),
    ],
)
def test_of_a_user_neither(tmp_path: Path, change: Change, checks: set[str]) -> None:
    book = swiss()
    change(book)
    found = judged(tmp_path, thai(), book)
    assert checks <= set(undetermined(found, "CHE"))


def test_whom_an_authorization_allows_was_not_understood(tmp_path: Path) -> None:
    book = thai()
    cell("authorizations", "parties", "friends of the climate")(book)
    assert "II06" in undetermined(judged(tmp_path, book, swiss()), "CHE")


def test_what_was_understood_still_counts(tmp_path: Path) -> None:
    book = thai()
    cell("authorizations", "time_frame", "2035")(book)
    cell("actions", "quantity", 600_000)(book)
    found = judged(tmp_path, book, swiss())
    assert states(found, "THA")["STC02"] is State.INCONSISTENT


EVERY_CELL = [
    (party, table, column, row)
    for party in ("THA", "CHE")
    for table in (SUBMISSION, AUTHORIZATIONS, ACTIONS)
    for column in table.columns
    if column.need is not Need.PLATFORM
    for row in ([9, 10] if (party, table) == ("CHE", ACTIONS) else [None])
]


@pytest.mark.slow
@pytest.mark.parametrize("party", ["THA", "CHE"])
def test_no_cell_that_says_nothing_accuses_anybody(tmp_path: Path, party: str) -> None:
    accused = []
    other = read_file(saved(swiss() if party == "THA" else thai(), tmp_path / "other.xlsx"))
    for whose, table, column, row in EVERY_CELL:
        if whose != party:
            continue
        place = column.title_row if table is SUBMISSION else row
        book = thai() if party == "THA" else swiss()
        cell(table.key, column.field, "?", place)(book)
        read = read_file(saved(book, tmp_path / "one.xlsx"))
        found = of_files(*((read, other) if party == "THA" else (other, read)))
        accused += [
            (column.field, each.check.id, each.note.found)
            for each in found.findings
            if each.note.state is State.INCONSISTENT
        ]
    assert accused == []


def test_own_words_for_a_sector_contradict_nobody(tmp_path: Path) -> None:
    book = thai()
    cell("authorizations", "activity_types", "e-buses in Bangkok")(book)
    assert undetermined(judged(tmp_path, book, swiss()), "THA") == []


@pytest.mark.parametrize(
    ("entities", "open_checks"),
    [
        ("Cooperative Approach Entities", []),
        ("Any entity", []),
        ("ACME Air; B", []),
        ("ACME Air, Inc., B", []),
        ("123", []),
        ("TBD", ["II06"]),
    ],
)
def test_an_entity_is_allowed_by_name_by_number_or_with_all_others(
    tmp_path: Path, entities: str, open_checks: list[str]
) -> None:
    host, user = thai(), swiss()
    cell("authorizations", "entities", entities)(host)
    cell("entities", "name", "ACME Air")(host)
    cell("entities", "identification", "123")(host)
    cell("actions", "using_entity", "Acme  Air", 10)(user)
    found = [each for each in judged(tmp_path, host, user).findings if each.check.id == "II06"]
    assert [each.note.state for each in found] == [State.UNDETERMINED for _ in open_checks]


UNDERLYING: dict[str, CellValue] = {
    "underlying_registry": "VCS",
    "underlying_first_id": "VCS-77-501-2022",
    "underlying_last_id": "VCS-77-600-2022",
}


@pytest.mark.parametrize(
    ("registry", "open_checks"),
    [("VCS", []), ("Verra", []), ("Our own registry", []), ("?", ["II05"]), ("=A1", ["II05"])],
)
def test_the_registry_of_underlying_units(
    tmp_path: Path, registry: str, open_checks: list[str]
) -> None:
    books = thai(), swiss()
    for book, rows in zip(books, ([9], [9, 10]), strict=True):
        for row in rows:
            for name, value in UNDERLYING.items():
                cell("actions", name, value, row)(book)
    cell("actions", "underlying_registry", registry, 9)(books[1])
    assert undetermined(judged(tmp_path, *books), "CHE") == open_checks
