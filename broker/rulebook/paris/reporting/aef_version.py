# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Versions are X.Y from 1.0, and a new one supersedes the last."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from aef.checks.filed import Filed
from broker.rulebook.check import Outcome, Severity
from broker.rulebook.general.wording import name
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import (
    ReportCategory,
    ReportCheck,
    ReportFacts,
    Trouble,
)

_FIRST: Final = (1, 0)
_FORM: Final = "X.Y, from 1.0"


def _run(facts: ReportFacts) -> Iterator[Trouble]:
    by_report: dict[tuple[str, object], list[Filed]] = {}
    for each in facts.file.filed:
        if each.version is None:
            version = each.submission.heading.version
            yield _failed(each, f"version {name(version)}" if version else "no version", _FORM)
        else:
            by_report.setdefault((each.party, each.years or each.number), []).append(each)
    for versions in by_report.values():
        versions.sort(key=lambda each: (each.version or _FIRST, each.number))
        if versions[0].version != _FIRST:
            yield Trouble(
                outcome=Outcome.INCONCLUSIVE,
                owner=versions[0].party,
                where=versions[0].name,
                found="the first version was not given",
                expected="a first version 1.0",
            )
        for before, after in pairwise(versions):
            yield from _in_order(before, after)


def _in_order(before: Filed, after: Filed) -> Iterator[Trouble]:
    if before.version == after.version:
        if before.submission.heading != after.submission.heading or (
            before.submission.actions != after.submission.actions
        ):
            yield _failed(after, "two different submissions of one version", "a version of its own")
        return
    first, second = (each.submission.heading.submitted for each in (before, after))
    if first is not None and second is not None and second < first:
        yield _failed(
            after,
            f"submitted on {second:%d/%m/%Y}, before {before.name} of {first:%d/%m/%Y}",
            "versions that rise with time",
        )


def _failed(filed: Filed, found: str, expected: str) -> Trouble:
    return Trouble(
        outcome=Outcome.FAILED, owner=filed.party, where=filed.name, found=found, expected=expected
    )


CHECK: Final = ReportCheck(
    id="AEF_VERSION",
    title="Versions are X.Y from 1.0, and a new one supersedes the last",
    category=ReportCategory.REPORTING,
    citation="common nomenclatures item 2; secretariat submission state chart",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="every AEF",
    remedy="Number the submission: 1.0 first, then a higher version each time.",
    run=_run,
)
