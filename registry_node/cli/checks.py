# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of the clearing-house's rulebook: a list, and one in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from itmo.clearing.v1 import rulebook_service_pb2
from itmo.core.v1 import decision_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import office_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import as_tree
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)
_RULEBOOK: Final = click.option(
    "--rulebook", default="", metavar="NAME", help="Only of this rulebook, such as paris."
)


@click.group()
def checks() -> None:
    """Shows what proposals, reports and holdings are checked for at the clearing-house."""


@checks.command("list")
@click.option("--category", default="", help="Only of this category, such as unit or account.")
@_RULEBOOK
@command
def list_checks(session: Session, category: str, rulebook: str) -> None:
    """Lists every check: those judged, and those kept by something else."""
    found = _listed(session, rulebook)
    known = sorted({each.category for each in found.checks})
    if category and category not in known:
        raise click.BadParameter(
            f"{category!a} is none of {', '.join(known)}", param_hint="--category"
        )
    chosen = [each for each in found.checks if category in ("", each.category)]
    tree = [as_tree(each) for each in chosen]

    def table(screen: Screen) -> None:
        rows: list[tuple[object, ...]] = []
        for each in chosen:
            state = "kept" if each.kept_by else "judged"
            rows.append(
                (
                    *(each.check_id, each.title, _severity(each), each.citation, each.known_as),
                    *(state, each.category, each.rulebook),
                )
            )
        names = ("id", "title", "severity", "source", "known as", "state", "category", "rulebook")
        screen.table(names, rows)
        for book in found.rulebooks:
            screen.line(f"rulebook {book.version}, digest {book.digest.hex()}")

    session.show({"checks": tree}, table)


@checks.command("show")
@click.argument("check_id", metavar="ID")
@_RULEBOOK
@command
def show_check(session: Session, check_id: str, rulebook: str) -> None:
    """Shows a check: what it requires, when, by which paragraph, and what to do when it fails.

    ID may be a number by which others know it, such as 4010 of the international transaction log.
    """
    found = _listed(session, rulebook)
    for known in found.known_numbers:
        if known.number == check_id:
            checks = [each for each in found.checks if each.check_id in known.rules]
            tree = as_tree(known) | {"checks": [as_tree(each) for each in checks]}
            session.show(tree, lambda screen: _number(screen, known, checks))  # noqa: B023  # called now
            return
    for each in found.checks:
        if each.check_id == check_id:
            session.show(each, lambda screen, each=each: _rule(screen, each))  # type: ignore[misc]  # bound now
            return
    raise ProtocolError(
        Reason.NOT_FOUND,
        f"There is no check {check_id[:40]!a}; `registry-node checks list` names all of them.",
        found=check_id[:40],
    )


def _number(
    screen: Screen,
    known: rulebook_service_pb2.KnownNumber,
    checks: Sequence[rulebook_service_pb2.Check],
) -> None:
    screen.line(known.number, "bold")
    screen.facts(
        (
            ("title", known.title),
            ("rulebook", known.rulebook),
            ("carried out", known.carried_out),
            ("by", " ".join(known.rules)),
            ("provenance", known.provenance),
            ("remark", known.remark),
        )
    )
    for each in checks:
        screen.line()
        _rule(screen, each)


def _rule(screen: Screen, check: rulebook_service_pb2.Check) -> None:
    phase = rulebook_service_pb2.CheckPhase.Name(check.phase).removeprefix("CHECK_PHASE_")
    screen.line(check.check_id, "bold")
    screen.facts(
        (
            ("title", check.title),
            ("rulebook", check.rulebook),
            ("category", check.category),
            ("severity", _severity(check)),
            ("phase", phase.replace("UNSPECIFIED", "")),
            ("citation", check.citation),
            ("known as", check.known_as),
            ("provenance", check.provenance),
            ("effective", check.effective),
            ("concerns", check.concerns),
            ("remedy", check.remedy),
            ("kept by", check.kept_by),
        )
    )


def _severity(check: rulebook_service_pb2.Check) -> str:
    name = decision_pb2.Severity.Name(check.severity).removeprefix("SEVERITY_")
    return name.replace("UNSPECIFIED", "")


def _listed(session: Session, rulebook: str) -> rulebook_service_pb2.ListChecksResponse:
    """The rulebooks in force, or one of them, with their checks."""
    request = api.ListChecksRequest()
    found = session.call_office(lambda stub: stub.ListChecks(request, timeout=_SECONDS)).response
    names = [book.name for book in found.rulebooks]
    if rulebook and rulebook not in names:
        raise click.BadParameter(
            f"{rulebook!a} is none of {', '.join(names)}", param_hint="--rulebook"
        )
    return rulebook_service_pb2.ListChecksResponse(
        checks=[each for each in found.checks if rulebook in ("", each.rulebook)],
        rulebooks=[book for book in found.rulebooks if rulebook in ("", book.name)],
        known_numbers=[each for each in found.known_numbers if rulebook in ("", each.rulebook)],
    )
