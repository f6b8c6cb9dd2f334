# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of every rulebook: a list, and one in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.regime.regimes import Regimes

_RULEBOOK = click.option("--rulebook", metavar="NAME", help="Only of this rulebook, such as paris.")


@click.group()
def checks() -> None:
    """Shows what proposals, reports and holdings are checked for."""


@checks.command("list")
@click.option("--category", help="Only checks of this category, such as unit or authorization.")
@_RULEBOOK
def list_checks(category: str | None, rulebook: str | None) -> None:
    """Lists every check: those judged, and those kept by something else."""
    run = session()
    regimes = _regimes(rulebook)
    listed = [(name, each) for name, each in regimes.listed() if rulebook in (None, name)]
    known = sorted({each.category.value for _, each in listed})
    if category is not None and category not in known:
        raise click.BadParameter(
            f"{category!r} is none of {', '.join(known)}", param_hint="--category"
        )
    chosen = [
        (
            *(each.id, each.title, each.severity.value, each.citation),
            *("kept" if each.kept_by else "judged", each.category.value, name),
        )
        for name, each in listed
        if category in (None, each.category.value)
    ]
    names = ("id", "title", "severity", "citation", "state", "category", "rulebook")

    def text(screen: Screen) -> None:
        screen.table(names, chosen)
        screen.line()
        for regime in (each for each in regimes if rulebook in (None, each.name)):
            screen.line(f"rulebook {regime.version}, digest {regime.digest.hex()}")

    run.show({"checks": [dict(zip(names, row, strict=True)) for row in chosen]}, text)


@checks.command("show")
@click.argument("check_id", metavar="ID")
@_RULEBOOK
def show_check(check_id: str, rulebook: str | None) -> None:
    """Shows a check: what it requires, when, by which paragraph, and what to do when it fails."""
    run = session()
    facts = _facts(_regimes(rulebook), check_id, rulebook)

    def text(screen: Screen) -> None:
        screen.line(facts["id"], "bold")
        screen.facts([item for item in facts.items() if item[0] != "id"])

    run.show(facts, text)


def _regimes(rulebook: str | None) -> Regimes:
    """The regimes of every rulebook that this program knows."""
    from broker.app import ALL_REGIMES

    if rulebook is not None and rulebook not in ALL_REGIMES.names:
        raise click.BadParameter(
            f"{rulebook!r} is none of {', '.join(ALL_REGIMES.names)}", param_hint="--rulebook"
        )
    return ALL_REGIMES


def _facts(regimes: Regimes, check_id: str, rulebook: str | None) -> dict[str, str]:
    for name, each in regimes.listed():
        if each.id == check_id and rulebook in (None, name):
            facts = {
                "id": each.id,
                "title": each.title,
                "rulebook": name,
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
