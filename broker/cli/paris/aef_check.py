# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef check`: submitted files, the ledger or both, checked against each other."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aef.cli.options import check_options
from broker import __version__
from broker.cli.session import Session, session
from itmo.runtime.cli.contract import Exit, tell

if TYPE_CHECKING:
    from aef.cli.check import Drawn
    from itmo.runtime.cli.progress import Bar


@click.command("check")
@check_options
def check(files: tuple[Path, ...], **options: Any) -> int:  # noqa: ANN401  # by their names
    """Checks AEFs against the format, and against each other by the 25 consistency checks.

    Give earlier years of the same Parties and the AEFs of the other side as well: what a check needs
    and does not get leaves it undetermined. A file takes the place of what the ledger would say.

    Exit status 0: all is consistent; 1: there are findings; 2: a file cannot be read.
    """
    from aef.cli import check_text
    from aef.cli.check import Checker, check_files
    from aef.result.document import as_tree
    from broker.rulebook.paris.reporting.aef_rulebook import RULEBOOK
    from itmo.clock import SystemClock

    run = session()
    result = check_files(
        files,
        options,
        Checker(program=f"broker {__version__}", rulebook=RULEBOOK, now=SystemClock().now()),
        lambda bar: _drawn(run, options["party"], options["year"], bar),
        # One JSON value only: the first refusal.
        lambda error, first: tell(error, as_json=run.as_json and first),
    )
    if result is None:
        return Exit.USAGE
    run.show(as_tree(result), lambda screen: check_text.tell(screen, result))
    return Exit.DONE if result.clean else Exit.REFUSED


def _drawn(run: Session, party: str | None, year: int | None, bar: Bar) -> Drawn:
    from aef.cli.check import Drawn, up_to
    from broker.reports.log_position import log_position
    from broker.reports.paris.aef.drawing import draw_all
    from broker.reports.paris.aef.ledger_context import ledger_context
    from broker.reports.snapshot import snapshot

    with run.reader() as connection, snapshot(connection):
        position = log_position(connection)
        drawn = draw_all(connection, progress=partial(bar.at, "drawing from the ledger"))
        known = ledger_context(connection, drawn)
    wanted = [each for each in drawn if party in (None, each.heading.party)]
    return Drawn(submissions=up_to(wanted, year), known=known, position=position)
