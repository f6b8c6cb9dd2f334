# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Small workbooks with one departure each, as real Parties made it, and what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from aef.checks.casefile import CaseFile, Context
from aef.checks.catalogue import CHECKS
from aef.checks.filed import file_submission
from aef.checks.judging import Judgement, judge
from aef.checks.states import State
from aef.model import ActionSubtype, ActionType, ReadFile, SerialSpan
from aef.opening import read_file
from aef.syntax_codes import Code
from broker.cli import root
from tests.kit.aef_files import case_file, saved, story_file, swiss_workbook

FIRST = frozenset({("CHE", 2023), ("THA", 2023), ("GUY", 2021)})
CHECKED = tuple(check for check in CHECKS if check.id != "IRC01")


def case(name: str) -> Path:
    if (path := case_file(name) or story_file(name)) is None:
        pytest.skip("the cases are not at hand")
    return path


def read(name: str) -> ReadFile:
    return read_file(case(name))


def codes(name: str) -> list[str]:
    return [each.code for each in read(name).findings]


def judged(*names: str) -> Judgement:
    files = [read(name) for name in names]
    filed = [file_submission(at, each.submission) for at, each in enumerate(files)]
    return judge(CaseFile(filed, Context(first_reports=FIRST)), CHECKED)


def states(judgement: Judgement) -> dict[str, State]:
    return {each.party: judgement.overall(each) for each in judgement.file.current}


def test_the_control_pair_is_consistent() -> None:
    found = judged("C00_control_CHE.xlsx", "C00_control_THA.xlsx")
    assert states(found) == {"CHE": State.CONSISTENT, "THA": State.CONSISTENT}


@pytest.mark.parametrize(
    "names",
    [
        ("C00_control_CHE.xlsx", "C00_control_THA.xlsx"),
        ("C00_control_CHE.xlsx", "C09_version_shown_as_1.0.xlsx"),
        ("C12_own_authorization_ids_CHE.xlsx", "C12_own_authorization_ids_THA.xlsx"),
    ],
)
def test_what_is_right_ends_with_exit_status_0(names: tuple[str, str]) -> None:
    files = [str(case(name)) for name in names]
    stated = ["--first", "CHE:2023", "--first", "THA:2023"]
    found = CliRunner().invoke(root, ["aef", "check", "--skip", "IRC01", *stated, *files])
    assert (found.exit_code, "No findings" in found.output) == (0, True)


def test_a_party_named_by_its_name() -> None:
    assert codes("C01_party_by_name.xlsx") == [Code.PARTY_NAME]
    found = judged("C01_party_by_name.xlsx", "C00_control_THA.xlsx")
    assert states(found) == {"CHE": State.CONSISTENT, "THA": State.CONSISTENT}


def test_a_year_in_words() -> None:
    assert read("C03_year_in_words.xlsx").submission.heading.reported_year == 2023
    assert codes("C03_year_in_words.xlsx") == [Code.YEAR_FORMAT]
    found = judged("C03_year_in_words.xlsx", "C00_control_CHE.xlsx")
    assert states(found) == {"CHE": State.CONSISTENT, "THA": State.CONSISTENT}


def test_a_time_frame_of_one_year_accuses_nobody() -> None:
    found = judged("C06_time_frame_one_year.xlsx", "C00_control_CHE.xlsx")
    assert codes("C06_time_frame_one_year.xlsx") == [Code.TIME_FRAME_UNREADABLE]
    assert [(each.check.id, each.note.state) for each in found.findings] == [
        ("STC02", State.UNDETERMINED)
    ]


def test_a_first_transfer_without_subtype() -> None:
    (finding,) = judged("C07_first_transfer_without_subtype.xlsx").findings
    assert (finding.check.id, finding.note.state) == ("STC04", State.INCONSISTENT)
    assert finding.note.expected == "subtype 'Authorization'"


def test_the_prototypes_word_for_a_first_transfer_abroad() -> None:
    assert codes("C08_first_international_transfer.xlsx") == [Code.NOMENCLATURE_FORM]
    (action,) = read("C08_first_international_transfer.xlsx").submission.actions
    assert action.subtype is ActionSubtype.FIRST_INTERNATIONAL
    found = judged("C08_first_international_transfer.xlsx", "C00_control_CHE.xlsx")
    assert states(found) == {"CHE": State.CONSISTENT, "THA": State.CONSISTENT}


def test_definitions_as_the_nomenclatures_write_them() -> None:
    assert codes("C10_definition_of_nomenclature.xlsx") == []
    assert not [
        each
        for each in judged("C10_definition_of_nomenclature.xlsx").findings
        if each.check.id == "STC04"
    ]


def test_each_party_gives_the_id_that_it_assigned_itself() -> None:
    found = judged("C12_own_authorization_ids_CHE.xlsx", "C12_own_authorization_ids_THA.xlsx")
    assert states(found) == {"CHE": State.CONSISTENT, "THA": State.CONSISTENT}


def places(name: str) -> list[tuple[str, str]]:
    return [(each.code, str(each.place)) for each in read(name).findings]


def test_rows_that_say_that_nothing_happened_are_no_entries() -> None:
    found = read("C04_nothing_to_report.xlsx")
    said = found.submission
    assert [*said.authorizations, *said.actions, *said.holdings, *said.entities] == []
    assert {each.code for each in found.findings} == {Code.ROW_IGNORED}
    assert states(judged("C04_nothing_to_report.xlsx")) == {"VUT": State.CONSISTENT}
    assert len(found.findings) == len(
        {(each.place.sheet, each.place.row) for each in found.findings}
    )


def test_fields_of_the_platform() -> None:
    assert places("C13_platform_fields.xlsx") == [
        (Code.PLATFORM_FIELD, "Table 1 Submission!C12"),
        (Code.PLATFORM_FIELD, "Table 2 Authorizations!S8"),
    ]


def test_other_purposes_without_what_they_ask_for() -> None:
    assert places("C14_oimp_without_definition.xlsx") == [
        (Code.VALUE_MISSING, "Table 2 Authorizations!P8"),
        (Code.VALUE_MISSING, "Table 2 Authorizations!T8"),
    ]


def test_entities() -> None:
    assert places("C15_entities.xlsx") == [
        (Code.PARTY_ALPHA2, "Table 5 Auth. entities!E11"),
        (Code.IDENTIFICATION_FORMAT, "Table 5 Auth. entities!F11"),
        (Code.PARTY_UNKNOWN, "Table 5 Auth. entities!E12"),
        (Code.VALUE_MISSING, "Table 5 Auth. entities!F12"),
    ]


def test_fields_that_do_not_apply() -> None:
    assert places("C17_fields_that_do_not_apply.xlsx") == [
        (Code.VALUE_NOT_APPLICABLE, "Table 3 Actions!Y9"),
        (Code.VALUE_NOT_APPLICABLE, "Table 3 Actions!AE9"),
        (Code.SUBTYPE_UNFIT, "Table 3 Actions!D10"),
        (Code.VALUE_NOT_APPLICABLE, "Table 3 Actions!Z10"),
        (Code.VALUE_NOT_APPLICABLE, "Table 3 Actions!AE10"),
    ]


def test_numbers_out_of_the_nomenclatures_bounds() -> None:
    assert places("C21_out_of_bounds.xlsx") == [
        (Code.NUMBER_BOUNDS, "Table 1 Submission!C6"),
        (Code.NUMBER_BOUNDS, "Table 2 Authorizations!G8"),
        (Code.NUMBER_BOUNDS, "Table 3 Actions!S9"),
        (Code.NUMBER_BOUNDS, "Table 3 Actions!W9"),
    ]


def test_the_earlier_layout_as_it_was_filed() -> None:
    found = read("C02_draft_layout_superscripts.xlsx")
    assert [each.code for each in found.findings] == [Code.LAYOUT_DRAFT]
    said = found.submission
    assert (said.heading.party, said.heading.reported_year) == ("GUY", 2024)
    (action,), (holding,), (authorization,) = said.actions, said.holdings, said.authorizations
    span = SerialSpan("CA000005-GUY01-GUY-", 1, 7_144_362, "-2021")
    assert action.span == holding.span == span
    assert action.quantity == holding.quantity == 7_144_362
    assert (action.type, action.written) == (ActionType.AUTHORIZATION, {"First transfer": "Yes"})
    assert authorization.first_transfer_definition == "Authorization"


def test_a_version_is_what_the_cell_shows() -> None:
    assert codes("C09_version_shown_as_1.0.xlsx") == []
    assert read("C09_version_shown_as_1.0.xlsx").submission.heading.version == "1.0"


def test_dates_in_the_short_form_of_the_readers_country() -> None:
    assert places("C18_date_format.xlsx") == [
        (Code.DATE_SHOWN, "Table 1 Submission!C7"),
        (Code.DATE_SHOWN, "Table 2 Authorizations!C8"),
        (Code.DATE_SHOWN, "Table 3 Actions!B9"),
    ]


def test_the_layout_that_software_of_registries_writes() -> None:
    found = read("C20_undp_generated.xlsx")
    assert [(each.code, str(each.place)) for each in found.findings] == [
        (Code.LAYOUT_FLAT, "T1 Submission"),
        (Code.PARTY_ANY, "T2 Authorizations!L2"),
    ]
    said = found.submission
    assert (said.heading.party, said.heading.reported_year) == ("RWA", 2026)
    assert [each.span for each in said.actions] == [SerialSpan("RWA ", 2917, 3916)] * 2
    assert (len(said.authorizations), len(said.entities)) == (1, 1)
    assert not [
        each
        for each in judged("C20_undp_generated.xlsx").findings
        if each.note.state is State.INCONSISTENT
    ]


def test_a_workbook_in_the_strict_dialect() -> None:
    said = read("c10_strict_ooxml.xlsx").submission
    assert (said.heading.party, said.unseen) == ("THA", frozenset())
    assert [each.quantity for each in said.actions] == [919, 997, 12_378, 16_844]
    assert [each.country for each in said.entities] == ["THA", "THA"]
    (authorization,) = said.authorizations
    assert (authorization.quantity, authorization.time_frame) == (500_000, (2022, 2030))


def test_the_strict_workbook_beside_the_other_side(tmp_path: Path) -> None:
    thai = read("c10_strict_ooxml.xlsx").submission
    swiss = read_file(saved(swiss_workbook(), tmp_path / "che.xlsx")).submission
    filed = [file_submission(at, each) for at, each in enumerate((thai, swiss))]
    first = frozenset({("THA", 2023), ("CHE", 2024)})
    found = judge(CaseFile(filed, Context(first_reports=first)), CHECKED)
    wrong = [each for each in found.findings if each.note.state is State.INCONSISTENT]
    assert {each.note.owner for each in wrong} == {"CHE"}
    assert {each.check.id for each in wrong} == {"STC01", "IPC01", "DR01"}
