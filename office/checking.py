# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node aef check`: files, the Party's AEFs by the ledger or both, checked in its office."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from broker.cli import aef_checking, aef_telling
from broker.cli.printing import Screen
from broker.cli.progressing import Bar
from broker.reports.aef.checks.casefile import Context
from broker.reports.aef.model import Submission
from broker.reports.aef.result.document import as_tree
from broker.reports.aef.result.page import page
from itmo.files import write_whole
from office.drawing import draw
from office.options import options_of
from registry_node.cli.session import Exit, Session, command


@click.command("check")
@options_of(aef_checking.check)
@command
def check(session: Session, files: tuple[Path, ...], **options: Any) -> None:  # noqa: ANN401
    """Check AEFs against the format, and against each other by the 25 consistency checks.

    The files stay here. With --ledger the clearing-house is asked for what the Party's own AEFs will say;
    of other Parties it tells nothing, so give their AEFs as files. What a check needs and does not get
    leaves it undetermined. A file takes the place of what the ledger would say.

    Exit status 0: all is consistent; 1: there are findings; 2: a file cannot be read.
    """
    if not files and not options["ledger"]:
        raise click.UsageError("name files, or add --ledger")
    if (options["party"] or options["year"]) and not options["ledger"]:
        raise click.UsageError("--party and --year go with --ledger")
    with Bar() as bar:
        read = aef_checking.read_files(files, bar, as_json=session.as_json)
        if read is None:
            sys.exit(Exit.USAGE)
        drawn = _drawn(session, options) if options["ledger"] else None
        result = aef_checking.result_of(read, drawn, options, bar)
    if options["html"]:
        write_whole(options["html"], page(result))
    session.show(as_tree(result), lambda: aef_telling.tell(Screen(), result))
    sys.exit(Exit.DONE if result.clean else Exit.REFUSED)


def _drawn(session: Session, options: dict[str, Any]) -> tuple[list[Submission], Context]:
    """What the Party's AEFs will say by the ledger, and what the ledger knows besides."""
    drawn = draw(session, options["party"] or "", 0).drawn
    last = options["year"]
    wanted = [
        each
        for each in drawn.submissions
        if last is None or (each.heading.reported_year or 0) <= last
    ]
    return wanted, drawn.context
