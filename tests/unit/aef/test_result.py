# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result as a page and as JSON: whole, safe whatever a file says, and as documented."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from aef.checks.casefile import CaseFile, Context
from aef.checks.catalogue import CHECKS
from aef.checks.filed import file_submission
from aef.checks.inquiry import Inquiry
from aef.checks.judging import judge
from aef.checks.states import State
from aef.model import Place, SyntaxFinding
from aef.opening import read_file
from aef.result.cards import CASES_SHOWN
from aef.result.document import FORMAT, Result, as_tree
from aef.result.page import page
from aef.result.table import table
from aef.syntax_codes import ADVICE
from aef.workbook_writing import write_workbook
from broker.rulebook.paris.reporting.aef_deadline import CHECK as AEF_DEADLINE
from broker.rulebook.paris.reporting.report_check import ReportFacts
from broker.rulebook.paris.reporting.report_rules import as_told, judge_reports
from tests.kit.aef_many import many
from tests.kit.aef_submissions import guyana, switzerland, thailand
from tests.kit.aef_world import context, filed_case, world

ROOT = Path(__file__).parents[3]
HOSTILE = "<script>alert(1)</script>\"'&\x1b[2J\u202e"
SYNTAX = (
    SyntaxFinding(
        code="PARTY_ALPHA2",
        place=Place("Table 3 Actions", 6, "F"),
        column="First transferring Party",
        found="TH",
        expected="THA",
    ),
    SyntaxFinding(
        code="REGISTRY_FORMAT",
        place=Place("Table 3 Actions", 6, "G"),
        column="Party ITMO registry ID",
        found=HOSTILE,
        expected="THA01",
        fatal=True,
    ),
)
VOID = {"meta", "br", "wbr"}


class Outline(HTMLParser):
    """Tags, whether each is closed, ids and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        if name := given.get("id"):
            self.ids.append(name)
        if target := given.get("href"):
            self.links.add(target)
        if any(name.startswith("on") for name in given):
            self.wrong.append(f"{tag} has a handler")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def plain(made: str) -> str:
    """A page without the marks that keep numbers whole."""
    return re.sub(r'<span class="q">([^<]*)</span>', r"\1", made)


def result(**changed: object) -> Result:
    case = [thailand(), replace(switzerland(), source=HOSTILE), guyana(), guyana("1.1")]
    filed = [file_submission(at, each, SYNTAX if at < 2 else ()) for at, each in enumerate(case)]
    return Result(judgement=judge(CaseFile(filed)), **changed)  # type: ignore[arg-type]  # skipped


def test_the_page_is_well_formed_and_its_links_lead_somewhere() -> None:
    outline = Outline(page(result()))
    assert outline.wrong == []
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert {each.removeprefix("#") for each in outline.links} <= set(outline.ids)


def test_the_page_runs_and_loads_nothing_and_escapes_what_files_say() -> None:
    made = page(result())
    outline = Outline(made)
    assert not outline.tags & {"script", "img", "iframe", "link", "object", "form", "svg"}
    assert "default-src 'none'" in made
    assert "url(" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made
    assert "\x1b" not in made
    assert "\u202e" not in made


def test_the_page_shows_every_check_for_every_submission() -> None:
    made = plain(page(result()))
    for check in CHECKS:
        assert f'id="about-{check.id}"' in made
    assert made.count("» superseded") == len(CHECKS) + len(("state", "all checks", "meaning"))
    assert "Table 3 Actions: Party ITMO registry ID G6" in made
    assert "19 days apart" in made
    assert "authorization GUY 2024-CA2 became GUY 2025-CA1" in made


def test_advice_is_counted_as_a_finding_nowhere_on_the_page() -> None:
    """Before, the head said 0 findings on the format, and the table below it 1 for the same file."""
    advice = replace(SYNTAX[0], code="AUTHORIZATION_FORMAT")
    assert advice.code in ADVICE
    for found, count in (((advice,), 0), ((advice, SYNTAX[0]), 1)):
        case = CaseFile([file_submission(0, thailand(), found)])
        made = page(Result(judgement=judge(case)))
        assert f"{count} finding" in plain(made).partition('class="verdict')[2].partition("</p>")[0]
        row = made.partition('id="submissions"')[2].partition("<tbody>")[2].partition("</tr>")[0]
        assert re.findall(r'class="number"[^>]*>(?:<[^>]*>)*([0-9]+)<', row) == [str(count)]


def test_a_check_that_was_left_out_is_shown_as_such() -> None:
    case = CaseFile([file_submission(0, thailand())])
    kept = tuple(each for each in CHECKS if each.id != "IRC01")
    made = page(Result(judgement=judge(case, kept), skipped=("IRC01",)))
    assert "<span>left out</span>" in made
    assert ", left out: IRC01" in made
    assert "Left out of this run." in made


def test_rules_on_deadlines_and_versions_are_told_and_make_nothing_inconsistent() -> None:
    file = filed_case({"set": {"CHE 2024.heading.submitted": date(2025, 4, 16)}})
    facts = ReportFacts(inquiry=Inquiry(file), today=date(2025, 5, 1))
    late = Result(judgement=judge(file), rules=tuple(map(as_told, judge_reports(facts))))
    assert late.clean
    made = page(late)
    assert "submitted on 16/04/2025" in plain(made)
    assert Outline(made).wrong == []
    assert as_tree(late)["rules"] == [
        {
            "check": "AEF_DEADLINE",
            "outcome": "FAILED",
            "owner": "CHE",
            "where": "CHE 2024 version 1.0",
            "found": "submitted on 16/04/2025",
            "expected": "submission no later than 15/04/2025",
            "remedy": AEF_DEADLINE.remedy,
        }
    ]


def test_the_world_written_as_workbooks_and_read_again_stays_consistent(tmp_path: Path) -> None:
    filed = []
    for at, (name, each) in enumerate(world().items()):
        path = tmp_path / f"{name}.xlsx"
        write_workbook(each, path)
        read = read_file(path)
        assert read.findings == ()
        filed.append(file_submission(at, read.submission, read.findings))
    assert Result(judgement=judge(CaseFile(filed, context()))).clean


def test_a_clean_result_says_that_nobody_has_to_act() -> None:
    clean = Result(judgement=judge(filed_case({})))
    assert clean.clean
    made = page(clean)
    assert "<dt>To act</dt><dd>nobody</dd>" in made
    assert Outline(made).wrong == []


def test_long_lists_are_cut_on_the_page_and_counted() -> None:
    case = [replace(each, actions=each.actions[:300]) for each in many(2_000)[0][:1]]
    damaged = replace(
        case[0],
        actions=tuple(replace(row, quantity=row.vintage) for row in case[0].actions),
    )
    judgement = judge(CaseFile([file_submission(0, damaged)]))
    found = sum(" serial numbers (" in each.note.found for each in judgement.findings)
    made = plain(page(Result(judgement=judgement)))
    assert found >= 300
    assert f"{found - CASES_SHOWN} more of the same; the JSON result has them" in made
    assert made.count(" serial numbers (") == CASES_SHOWN


def test_json_is_as_documented() -> None:
    tree = as_tree(result())
    assert json.loads(json.dumps(tree)) == tree
    assert tree["format"] == FORMAT
    documented = (ROOT / "deploy" / "docs" / "aef.md").read_text(encoding="utf-8")
    section = documented[documented.index("## JSON") : documented.index("## Limits")]
    words = set(re.findall(r"`([a-z_]+)`", section))
    submissions, findings = tree["submissions"], tree["findings"]
    assert isinstance(submissions, list)
    assert isinstance(findings, list)
    submission, finding = submissions[0], findings[0]
    assert isinstance(submission, dict)
    assert isinstance(finding, dict)
    here = finding["here"]
    assert isinstance(here, dict)
    for keys in (tree, finding, here):
        assert set(keys) <= words
    assert {"number", "superseded_by", "checks", "syntax"} <= set(submission)


def test_the_table_of_checks_in_the_documentation_is_the_one_in_force() -> None:
    documented = (ROOT / "deploy" / "docs" / "aef.md").read_text(encoding="utf-8")
    assert table() in documented


def test_a_large_world_is_consistent_but_for_its_summaries() -> None:
    submissions, context = many(2_000)
    filed = [file_submission(at, each) for at, each in enumerate(submissions)]
    judgement = judge(CaseFile(filed, context))
    assert {each.check.id for each in judgement.findings} == {"IRC01"}
    assert {each.note.state for each in judgement.findings} == {State.UNDETERMINED}


def test_many_rows_without_a_counterpart_are_one_finding_for_each_missing_report() -> None:
    submissions, _ = many(2_000)
    judgement = judge(CaseFile([file_submission(0, submissions[0])], Context()))
    found = [each for each in judgement.findings if each.check.id == "IPC01"]
    assert [(each.rows, each.note.missing) for each in found] == [(400, "the AEF of CHE for 2023")]
