# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node aef check`: files, the Party's AEFs by the ledger or both, checked in its office."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aef.cli import check_text
from aef.cli.check import Checker, Drawn, check_files, up_to
from aef.cli.options import check_options
from aef.result.document import as_tree
from broker import __version__
from broker.rulebook.paris.reporting.aef_rulebook import RULEBOOK
from itmo.clock import SystemClock
from itmo.log_position import LogPosition
from itmo.runtime.cli.contract import Exit, tell
from itmo.timestamps import moment
from office.drawing import draw
from registry_node.cli.session import Session, command


@click.command("check")
@check_options
@command
def check(session: Session, files: tuple[Path, ...], **options: Any) -> None:  # noqa: ANN401
    """Checks AEFs against the format, and against each other by the 25 consistency checks.

    The files stay here. With --ledger the clearing-house is asked for what the Party's own AEFs will say;
    of other Parties it tells nothing, so give their AEFs as files. What a check needs and does not get
    leaves it undetermined. A file takes the place of what the ledger would say.

    Exit status 0: all is consistent; 1: there are findings; 2: a file cannot be read.
    """
    result = check_files(
        files,
        options,
        Checker(program=f"registry-node {__version__}", rulebook=RULEBOOK, now=SystemClock().now()),
        lambda _: _drawn(session, options["party"], options["year"]),
        # One JSON value only: the first refusal.
        lambda error, first: tell(error, as_json=session.as_json and first),
    )
    if result is None:
        sys.exit(Exit.USAGE)
    session.show(as_tree(result), lambda screen: check_text.tell(screen, result))
    sys.exit(Exit.DONE if result.clean else Exit.REFUSED)


def _drawn(session: Session, party: str | None, year: int | None) -> Drawn:
    answer = draw(session, party or "", 0)
    place = answer.position
    position = LogPosition(
        network=place.network_id,
        decisions=place.decisions,
        last_leaf=place.last_leaf.hex(),
        decided_at=moment(place.last_decision_time, "last_decision_time")
        if place.HasField("last_decision_time")
        else None,
    )
    return Drawn(
        submissions=up_to(answer.drawn.submissions, year),
        known=answer.drawn.context,
        position=position,
    )
