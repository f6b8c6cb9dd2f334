# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node aef check`: files, the Party's AEFs by the ledger or both, checked in its office."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aef.checks.casefile import Context
from aef.model import Submission
from aef.result.document import as_tree
from aef.result.page import page
from broker.cli.paris import aef_check, aef_check_text
from itmo.files import write_whole
from itmo.log_position import LogPosition
from itmo.payloads import moment
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.progress import Bar
from office.drawing import draw
from office.options import options_of
from registry_node.cli.session import Session, command


@click.command("check")
@options_of(aef_check.check)
@command
def check(session: Session, files: tuple[Path, ...], **options: Any) -> None:  # noqa: ANN401
    """Checks AEFs against the format, and against each other by the 25 consistency checks.

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
        read = aef_check.read_files(files, bar, as_json=session.as_json)
        if read is None:
            sys.exit(Exit.USAGE)
        drawn, position = _drawn(session, options) if options["ledger"] else (None, None)
        result = aef_check.result_of(read, drawn, options, bar, position, program="registry-node")
    if options["html"]:
        write_whole(options["html"], page(result))
    session.show(as_tree(result), lambda screen: aef_check_text.tell(screen, result))
    sys.exit(Exit.DONE if result.clean else Exit.REFUSED)


def _drawn(
    session: Session, options: dict[str, Any]
) -> tuple[tuple[list[Submission], Context], LogPosition]:
    """What the Party's AEFs will say by the ledger, what it knows besides, how far the log went."""
    answer = draw(session, options["party"] or "", 0)
    last, place = options["year"], answer.position
    wanted = [
        each
        for each in answer.drawn.submissions
        if last is None or (each.heading.reported_year or 0) <= last
    ]
    position = LogPosition(
        network=place.network_id,
        decisions=place.decisions,
        last_leaf=place.last_leaf.hex(),
        decided_at=moment(place.last_decision_time, "last_decision_time")
        if place.HasField("last_decision_time")
        else None,
    )
    return (wanted, answer.drawn.context), position
