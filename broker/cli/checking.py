# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of the rulebook: a list, and one in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.commanding import BrokerGroup
from broker.cli.printing import Screen
from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason

if TYPE_CHECKING:
    from broker.rulebook.check import Check
    from broker.rulebook.paris.reporting.report_check import ReportCheck

_WRITTEN, _UNWRITTEN = "written", "unwritten"
_ON_REPORTS = "REPORT"


@click.group(cls=BrokerGroup)
def checks() -> None:
    """Shows what proposals, reports and holdings are checked for."""


@checks.command("list")
@click.option("--category", help="Only checks of this category, such as unit or authorization.")
def list_checks(category: str | None) -> None:
    """Lists every check of the domain: those judged, and those not written yet."""
    from broker.rulebook.paris.catalogue import CHECKS, DIGEST, UNWRITTEN, VERSION
    from broker.rulebook.paris.reporting.catalogue import REPORT_CHECKS

    run = session()
    listed: tuple[Check | ReportCheck, ...] = (*CHECKS, *REPORT_CHECKS)
    rows = [
        (each.id, each.title, each.severity.value, each.citation, _WRITTEN, each.category.value)
        for each in listed
    ]
    rows += [
        (each.id, each.title, "", each.citation, _UNWRITTEN, each.category) for each in UNWRITTEN
    ]
    known = sorted({row[5] for row in rows})
    if category is not None and category not in known:
        raise click.BadParameter(
            f"{category!r} is none of {', '.join(known)}", param_hint="--category"
        )
    chosen = [row for row in rows if category in (None, row[5])]
    names = ("id", "title", "severity", "citation", "state", "category")

    def text(screen: Screen) -> None:
        screen.table(names, chosen)
        screen.line()
        screen.line(f"rulebook {VERSION}, digest {DIGEST.hex()}")

    run.show([dict(zip(names, row, strict=True)) for row in chosen], text)


@checks.command("show")
@click.argument("check_id", metavar="ID")
def show_check(check_id: str) -> None:
    """Shows a check: what it requires, when, by which paragraph, and what to do when it fails."""
    run = session()
    facts = _facts(check_id)

    def text(screen: Screen) -> None:
        screen.line(facts["id"], "bold")
        screen.facts([item for item in facts.items() if item[0] != "id"])

    run.show(facts, text)


def _facts(check_id: str) -> dict[str, str]:
    from broker.rulebook.paris.catalogue import CHECKS, UNWRITTEN
    from broker.rulebook.paris.reporting.catalogue import REPORT_CHECKS

    for check in CHECKS:
        if check.id == check_id:
            return {
                "id": check.id,
                "title": check.title,
                "category": check.category.value,
                "severity": check.severity.value,
                "phase": check.phase.value,
                "citation": check.citation,
                "effective": check.effective.isoformat(),
                "concerns": check.scope,
                "remedy": check.remedy,
                "state": _WRITTEN,
            }
    for report in REPORT_CHECKS:
        if report.id == check_id:
            return {
                "id": report.id,
                "title": report.title,
                "category": report.category.value,
                "severity": report.severity.value,
                "phase": _ON_REPORTS,
                "citation": report.citation,
                "effective": report.effective.isoformat(),
                "concerns": report.scope,
                "remedy": report.remedy,
                "state": _WRITTEN,
            }
    for unwritten in UNWRITTEN:
        if unwritten.id == check_id:
            return {
                "id": unwritten.id,
                "title": unwritten.title,
                "category": unwritten.category,
                "citation": unwritten.citation,
                "state": _UNWRITTEN,
            }
    raise ProtocolError(
        Reason.NOT_FOUND,
        f"There is no check {check_id[:40]!a}; `broker checks list` names all of them.",
        found=check_id[:40],
    )
