# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of the rulebook: a list, and one in full."""

from __future__ import annotations

import click

from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen


@click.group()
def checks() -> None:
    """Shows what proposals, reports and holdings are checked for."""


@checks.command("list")
@click.option("--category", help="Only checks of this category, such as unit or authorization.")
def list_checks(category: str | None) -> None:
    """Lists every check: those judged, and those kept by something else."""
    from broker.app import REGIMES

    run = session()
    rows = [
        (
            *(each.id, each.title, each.severity.value, each.citation),
            *("kept" if each.kept_by else "judged", each.category.value),
        )
        for regime in REGIMES
        for each in (*regime.checks, *regime.report_rules)
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
        for regime in REGIMES:
            screen.line(f"rulebook {regime.version}, digest {regime.digest.hex()}")

    run.show({"checks": [dict(zip(names, row, strict=True)) for row in chosen]}, text)


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
    from broker.app import REGIMES

    for each in (rule for regime in REGIMES for rule in (*regime.checks, *regime.report_rules)):
        if each.id == check_id:
            facts = {
                "id": each.id,
                "title": each.title,
                "category": each.category.value,
                "severity": each.severity.value,
                "phase": each.phase.value,
                "citation": each.citation,
                "effective": each.effective.isoformat(),
                "concerns": each.scope,
                "remedy": each.remedy,
                "kept_by": each.kept_by,
            }
            return {name: said for name, said in facts.items() if said}
    raise ProtocolError(
        Reason.NOT_FOUND,
        f"There is no check {check_id[:40]!a}; `broker checks list` names all of them.",
        found=check_id[:40],
    )
