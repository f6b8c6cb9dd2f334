# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`report`: what is in a registry's books is reported."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from itmo.core.v1 import sharing_pb2
from itmo.registry.v1 import sharing_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import MOMENT
from itmo.timestamps import timestamp
from registry_node.adapters.report_file import read_report
from registry_node.cli import showing
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.option(
    "--file",
    "books",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Holdings and actions of a registry system, CSV or JSON; default: the node's own ledger.",
)
@click.option(
    "--as-of",
    type=MOMENT,
    help="Up to when the books say everything; default: the file's, or now.",
)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="FINDING=TEXT",
    help="Answer a finding; repeatable.",
)
@click.option("--registry", default="", help="Where the node speaks for several.")
@wait_option
@command
def report(
    session: Session,
    books: Path | None,
    as_of: datetime | None,
    answers: tuple[str, ...],
    registry: str,
    wait: float,
) -> None:
    """Reports what is in a registry's books; exit status 1 also when something was found in it."""
    written = (
        read_report(books, registry) if books else sharing_pb2.RegistryReport(registry=registry)
    )
    if as_of is not None:
        aware = as_of if as_of.tzinfo is not None else as_of.replace(tzinfo=UTC)
        written.as_of.CopyFrom(timestamp(aware))
    for each in answers:
        finding_id, _, text = each.partition("=")
        written.answers.add(finding_id=finding_id, text=text)
    request = api.ReportRequest(
        report=written, from_ledger=books is None, wait_ms=milliseconds(wait)
    )
    answer = session.call_sharing(lambda stub: stub.Report(request, timeout=seconds_for(wait)))

    def text_of(screen: Screen) -> None:
        showing.outcome(screen, answer.outcome, "Reported")
        for remark in answer.remarks:
            screen.line(f"  {remark.code} {remark.found}", "red")

    session.show(answer, text_of)
    showing.leave(answer.outcome, wait)
    if answer.remarks:
        sys.exit(Exit.REFUSED)
