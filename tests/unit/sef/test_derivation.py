# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Single entries in reports: which year, which moment, which rows, and what comes after the true-up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from sef.deadline import due
from sef.derivation import Asked, derive
from sef.entries import Entry, EntryKind
from sef.layout import Family
from sef.model import CellKind, Row, Side, Submission, Table, Unit
from sef.true_up import true_up

NEW_YEAR = datetime(2016, 1, 1, tzinfo=UTC)
CERS = Entry(
    at=NEW_YEAR, kind=EntryKind.TRANSFER_IN, party="NZ", period=2, unit=Unit.CER, quantity=7,
    target=121, counterpart="CDM", serials="IN-5-1-7", transaction="CDM1",
)  # fmt: skip
RESERVE = Entry(
    at=NEW_YEAR, kind=EntryKind.CARRY_OVER, party="NZ", period=1, unit=Unit.AAU, quantity=9,
    source=100, target=130, serials="NZ-1-9",
)  # fmt: skip


def report(*entries: Entry, **fields: object) -> Submission:
    asked = {"party": "NZ", "year": 2016, "period": 2} | fields
    found = derive(entries, Asked(**asked))  # type: ignore[arg-type]
    assert found is not None
    return found


def held(submission: Submission, unit: Unit = Unit.CER) -> int:
    return submission.number(Table.END, Row.TOTAL, Side.QUANTITY, unit)


def test_the_year_is_that_of_universal_time() -> None:
    east = timezone(timedelta(hours=13))
    # It is the new year already in Wellington, and not yet in Greenwich.
    at = datetime(2016, 1, 1, 5, tzinfo=east)
    assert held(report(replace(CERS, at=at), year=2015)) == 7
    assert held(report(replace(CERS, at=NEW_YEAR), year=2015)) == 0
    last = NEW_YEAR - timedelta(microseconds=1)
    assert held(report(replace(CERS, at=last), year=2015)) == 7


def test_a_report_is_made_again_as_of_any_moment() -> None:
    late = replace(CERS, recorded=NEW_YEAR + timedelta(days=500))
    assert held(report(late)) == 7
    assert held(report(late, as_of=NEW_YEAR + timedelta(days=499))) == 0
    assert held(report(late, as_of=NEW_YEAR + timedelta(days=500))) == 7


def test_units_out_of_an_archive_are_held_and_fill_no_row() -> None:
    for unit in (Unit.CER, Unit.ERU, Unit.TCER):
        opened = replace(CERS, kind=EntryKind.ISSUANCE, unit=unit, counterpart="")
        assert held(report(opened), unit) == 7


def test_retirement_from_the_reserve_is_a_part_of_retirement() -> None:
    retired = Entry(
        at=NEW_YEAR + timedelta(days=1), kind=EntryKind.RETIREMENT, party="NZ", period=2,
        unit=Unit.AAU, quantity=4, source=130, target=300,
    )  # fmt: skip
    said = report(RESERVE, retired)
    column = {
        row: said.number(Table.RETIREMENT, row, Side.QUANTITY, Unit.AAU)
        for row in (Row.RETIREMENT, Row.FROM_RESERVE, Row.TOTAL)
    }
    assert column == {Row.RETIREMENT: 4, Row.FROM_RESERVE: 4, Row.TOTAL: 4}
    assert said.number(Table.END, Row.RESERVE, Side.QUANTITY, Unit.AAU) == 5


def test_the_reserve_is_party_holding_where_it_has_no_row() -> None:
    said = report(RESERVE, family=Family.DRAFT)
    assert said.number(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.AAU) == 9
    carried = said.number(Table.STARTING_VALUES, Row.CARRY_OVER, Side.ADDITIONS, Unit.AAU)
    assert carried == 9


def test_no_layout_no_report() -> None:
    assert derive([CERS], Asked(party="NZ", year=2034, period=2)) is None
    assert derive([CERS], Asked(party="NZ", year=2016, period=2, family=Family.CP1)) is None


def test_shaded_cells_are_na_and_open_ones_no() -> None:
    kinds = {cell.kind for cell in report().cells.values()}
    assert kinds == {CellKind.NOT_APPLICABLE, CellKind.NOT_OCCURRING}


def test_the_report_after_the_true_up_lists_serials_by_type() -> None:
    retired = [
        Entry(
            at=NEW_YEAR, kind=EntryKind.RETIREMENT, party="NZ", period=1, unit=unit, quantity=3,
            source=100, target=300, serials=serials,
        )
        for unit, serials in ((Unit.CER, "IN-5-1-3"), (Unit.AAU, "NZ-21-23"), (Unit.AAU, "NZ-11-13"))
    ]  # fmt: skip
    found = true_up([*retired, RESERVE, replace(retired[0], party="CH")], "NZ", 1)
    assert [each.serials for each in found.retired] == ["NZ-11-13", "NZ-21-23", "IN-5-1-3"]
    assert [each.serials for each in found.carried_over] == ["NZ-1-9"]
    assert found.total(found.retired, Unit.AAU) == 6
    assert true_up([RESERVE], "NZ", 1, NEW_YEAR - timedelta(days=1)).carried_over == ()


def test_a_report_is_due_on_the_first_of_february() -> None:
    assert due(2015) == date(2016, 2, 1)
