# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of the clearing-house's rulebook: a list, and one in full."""

from __future__ import annotations

from typing import Final

import click
from rich.markup import escape

from itmo.clearing.v1 import rulebook_service_pb2
from itmo.core.v1 import decision_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import office_service_pb2 as api
from registry_node.cli import showing
from registry_node.cli.session import Session, as_tree, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.group()
@click.option("--json", "json_here", is_flag=True, help="Print one JSON value, nothing else.")
@click.pass_obj
def checks(session: Session, json_here: bool) -> None:
    """Show what proposals, reports and holdings are checked for at the clearing-house."""
    session.as_json = session.as_json or json_here


@checks.command("list")
@click.option("--category", default="", help="Only of this category, such as unit or account.")
@command
def list_checks(session: Session, category: str) -> None:
    """List every check: those judged, and those kept by something else."""
    found = _rulebook(session)
    known = sorted({each.category for each in found.checks})
    if category and category not in known:
        raise click.BadParameter(
            f"{category!a} is none of {', '.join(known)}", param_hint="--category"
        )
    chosen = [each for each in found.checks if category in ("", each.category)]
    tree = [as_tree(each) for each in chosen]

    def table() -> None:
        made = showing.table_of("", "id", "title", "severity", "source", "state", "category")
        for each in chosen:
            made.add_row(
                *map(escape, (each.check_id, each.title, _severity(each), each.citation)),
                "kept" if each.kept_by else "judged",
                each.category,
            )
        session.console.print(made)
        digest = found.rulebook_digest.hex()
        session.console.print(f"rulebook {found.rulebook_version}, digest {digest}", markup=False)

    session.show({"checks": tree}, table)


@checks.command("show")
@click.argument("check_id", metavar="ID")
@command
def show_check(session: Session, check_id: str) -> None:
    """Show a check: what it requires, when, by which paragraph, and what to do when it fails."""
    for each in _rulebook(session).checks:
        if each.check_id == check_id:
            session.show(each, lambda each=each: _rule(session, each))  # type: ignore[misc]  # bound now
            return
    raise ProtocolError(
        Reason.NOT_FOUND,
        f"There is no check {check_id[:40]!a}; `registry-node checks list` names all of them.",
        found=check_id[:40],
    )


def _rule(session: Session, check: rulebook_service_pb2.Check) -> None:
    phase = rulebook_service_pb2.CheckPhase.Name(check.phase).removeprefix("CHECK_PHASE_")
    session.console.print(check.check_id, style="bold", markup=False)
    for name, value in (
        ("title", check.title),
        ("category", check.category),
        ("severity", _severity(check)),
        ("phase", phase.replace("UNSPECIFIED", "")),
        ("citation", check.citation),
        ("effective", check.effective),
        ("concerns", check.concerns),
        ("remedy", check.remedy),
        ("kept by", check.kept_by),
    ):
        if value:
            session.console.print(f"{name:<10} {value}", markup=False)


def _severity(check: rulebook_service_pb2.Check) -> str:
    name = decision_pb2.Severity.Name(check.severity).removeprefix("SEVERITY_")
    return name.replace("UNSPECIFIED", "")


def _rulebook(session: Session) -> rulebook_service_pb2.ListChecksResponse:
    request = api.ListChecksRequest()
    return session.call_office(lambda stub: stub.ListChecks(request, timeout=_SECONDS)).response
