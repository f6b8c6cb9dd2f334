# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every page that the programs write, full of what is long: one of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Final

from aef.checks.casefile import CaseFile
from aef.checks.filed import file_submission
from aef.checks.judging import judge
from aef.result.document import Result
from aef.result.evidence import Evidence
from aef.result.page import page as aef_page
from broker.regime.paris.adjustments.summary import Levels, year_summary
from broker.reports.paris import summary_rows, units_page
from broker.reports.paris.fates import Holder
from broker.reports.paris.structured_summary import Summary
from broker.reports.paris.visibility import LEDGER, Source, Totals
from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, NdcTarget, YearSpan
from itmo import authorization_html
from itmo.authorization_letter import Version
from itmo.log_position import LogPosition
from registry_node.paris.authorization_template import authorization, statement
from sef.checks.casefile import Filed
from sef.checks.judging import judge as judge_ties
from sef.derivation import Asked, derive
from sef.faults import Fault, Finding
from sef.result import document as sef_result
from sef.result.page import page as sef_page
from tests.kit.aef_submissions import guyana, switzerland, thailand, vanuatu
from tests.kit.sef_files import with_numbers
from tests.kit.sef_history import History
from workbooks.files_seen import FileSeen

MADE: Final = datetime(2026, 11, 27, 10, 5, 31, tzinfo=UTC)
LEAF: Final = "5f" * 32
POSITION: Final = LogPosition(
    network="itmo-production", decisions=1_234_567, last_leaf=LEAF, decided_at=MADE
)
_LARGE: Final = 7_144_362_000
_EXAMPLE: Final = Path(__file__).parents[2] / "deploy/config/authorization.example.yaml"


def aef() -> str:
    """The result of checking seven submissions with many faults."""
    hostile = "wide" * 50
    given = (
        replace(thailand(), source=f"{hostile}.xlsx"),
        switzerland(),
        guyana(),
        guyana("1.1"),
        vanuatu(),
    )
    more = [replace(each, heading=replace(each.heading, reported_year=2026)) for each in given[:3]]
    filed = [file_submission(at, each) for at, each in enumerate((*given, *more))]
    evidence = Evidence(
        made=MADE, files=(FileSeen("THA_2023-2024.xlsx", 13_941, LEAF),), position=POSITION,
        program="broker 0.1.0", rulebook="Paris 0", rulebook_digest="5f" * 32,
    )  # fmt: skip
    return aef_page(Result(judgement=judge(CaseFile(filed)), evidence=evidence))


def sef() -> str:
    """The result of checking reports of three Parties, some of them changed in many cells."""
    random = Random(5)
    entries = History(random).play(12).entries
    filed: list[Filed] = []
    for year in (2014, 2015, 2016):
        for period in (1, 2):
            report = derive(entries, Asked(party="NZ", year=year, period=period))
            if report is None:
                raise AssertionError("every period has a layout")
            numbers = [spot for spot, cell in report.cells.items() if cell.quantity]
            wrong = dict.fromkeys(random.sample(numbers, min(3, len(numbers))), _LARGE)
            filed.append(
                Filed(len(filed), replace(with_numbers(report, wrong), source="wide" * 40))
            )
    finding = Finding(Fault.NEGATIVE, "TABLE2A_TRANSACTION_TYPE", "N31", "wide" * 40, "-7144362000")
    filed[0] = replace(filed[0], findings=(finding,) * 3)
    seen = (FileSeen("RREG1_NZ_2014_1_1.xlsx", 18_195, LEAF),)
    made = sef_result.Result(
        judgement=judge_ties(filed), made=MADE, program="broker 0.1.0", files=seen
    )
    return sef_page(made)


def summary() -> str:
    """Ten years of a Party with large numbers, and averages that do not divide."""
    years = YearSpan(2021, 2030)
    period = NdcPeriod(years=years, target=NdcTarget.SINGLE_YEAR, method=AdjustmentMethod.AVERAGING)
    levels = Levels(
        inventory=dict.fromkeys(range(2021, 2031), _LARGE), inventory_part={}, target={}
    )
    columns = tuple(
        replace(
            year_summary("RWA", year, (), levels, period),
            average=Fraction(_LARGE, 7),
            first_transferred=_LARGE,
        )
        for year in range(2021, 2031)
    )
    found = Summary(
        party="RWA", metric="GHG", period=period, as_of=MADE, final=False, columns=columns,
        total=None, entries=(),
    )  # fmt: skip
    return summary_rows.page(found, MADE, POSITION)


def units() -> str:
    """Units of an approach at five registries, some of them claimed twice."""
    totals = Totals(
        cooperative_approach="CA000003", issued=4 * _LARGE, held=_LARGE, used=2 * _LARGE,
        cancelled=_LARGE, first_transferred=3 * _LARGE,
    )  # fmt: skip
    holders = [
        Holder(registry=f"{party}01", source=source, held=_LARGE, used=2 * _LARGE, cancelled=916)
        for party, source in (
            ("THA", LEDGER), ("CHE", LEDGER), ("VUT", Source("VUT01", MADE)),
            ("GHA", Source("GHA01", MADE)), ("GUY", LEDGER),
        )
    ]  # fmt: skip
    title = "E-buses in the metropolitan region of Bangkok"
    return units_page.page("CA000003", title, totals, holders, 916, MADE, POSITION)


def letter() -> str:
    """The example of an authorization, signed and recorded, with two versions."""
    first, second = (
        Version(
            statement=statement({**authorization(_EXAMPLE), "version": number}, _EXAMPLE),
            standing=standing,
            signed_by=f"node tha.registry.example, key {LEAF}",
            countersigned_by=f"the clearing-house, key {LEAF}",
            countersigned_at="2026-11-27 10:05:31Z",
            receipt_hash=LEAF,
            log_index=1_234_567,
        )
        for number, standing in ((1, "SUPERSEDED"), (2, "IN_EFFECT"))
    )
    return authorization_html.page(second, [first, second], MADE, [POSITION.fact()])


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "aef": aef,
    "sef": sef,
    "summary": summary,
    "units": units,
    "letter": letter,
}
FROM_FILES: Final = {"sef"}
"""Pages made of files alone, which they name by their digests."""
