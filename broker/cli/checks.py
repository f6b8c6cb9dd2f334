# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of every rulebook: a list, and one in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.regime.regimes import Regimes
    from broker.rulebook.check import Rule

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
            *(each.id, each.title, each.severity.value, each.citation, each.code),
            each.provenance.value if each.code else "",
            *("kept" if each.kept_by else "judged", each.category.value, name),
        )
        for name, each in listed
        if category in (None, each.category.value)
    ]
    names = (
        *("id", "title", "severity", "citation", "known_as", "provenance"),
        *("state", "category", "rulebook"),
    )

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
    """Shows a check: what it requires, when, by which paragraph, and what to do when it fails.

    ID may be a number by which others know it, such as 4010 of the international transaction log.
    """
    run = session()
    regimes = _regimes(rulebook)
    shown = _of_number(regimes, check_id, rulebook) or _facts(regimes, check_id, rulebook)

    def text(screen: Screen) -> None:
        _tell(screen, {name: said for name, said in shown.items() if isinstance(said, str)})
        for each in shown.get("checks", ()):
            screen.line()
            _tell(screen, each)

    run.show(shown, text)


def _tell(screen: Screen, facts: Mapping[str, str]) -> None:
    (_, name), *others = facts.items()
    screen.line(name, "bold")
    screen.facts(others)


def _regimes(rulebook: str | None) -> Regimes:
    """The regimes of every rulebook that this program knows."""
    from broker.known_regimes import ALL_REGIMES

    if rulebook is not None and rulebook not in ALL_REGIMES.names:
        raise click.BadParameter(
            f"{rulebook!r} is none of {', '.join(ALL_REGIMES.names)}", param_hint="--rulebook"
        )
    return ALL_REGIMES


def _of_number(regimes: Regimes, number: str, rulebook: str | None) -> dict[str, Any] | None:
    """What a number of others means, with the checks that carry it out; None: nobody has it."""
    for regime in regimes:
        known = regime.known_as.get(number) if rulebook in (None, regime.name) else None
        if known is None:
            continue
        own = {rule.id: rule for rule in (*regime.checks, *regime.report_rules)}
        told = {
            "number": known.number,
            "title": known.said,
            "rulebook": regime.name,
            "carried_out": known.carried_out.words,
            "by": " ".join(known.rules),
            "provenance": known.provenance.value,
            "remark": known.remark,
        }
        checks = [_told(regime.name, own[each]) for each in known.rules if each in own]
        return {name: said for name, said in told.items() if said} | {"checks": checks}
    return None


def _facts(regimes: Regimes, check_id: str, rulebook: str | None) -> dict[str, Any]:
    for name, each in regimes.listed():
        if each.id == check_id and rulebook in (None, name):
            return _told(name, each)
    raise ProtocolError(
        Reason.NOT_FOUND,
        f"There is no check {check_id[:40]!a}; `broker checks list` names all of them.",
        found=check_id[:40],
    )


def _told(rulebook: str, check: Rule) -> dict[str, str]:
    facts = {
        "id": check.id,
        "title": check.title,
        "rulebook": rulebook,
        "category": check.category.value,
        "severity": check.severity.value,
        "phase": check.phase.value,
        "citation": check.citation,
        "known_as": check.code,
        "provenance": check.provenance.value if check.code else "",
        "effective": check.effective.isoformat(),
        "concerns": check.scope,
        "remedy": check.remedy,
        "kept_by": check.kept_by,
    }
    return {name: said for name, said in facts.items() if said}
