# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The head of the database: what was acknowledged last, and the way out after a loss."""

from __future__ import annotations

from typing import Final

import click

from broker.cli.session import session
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen

_QUESTION: Final = (
    "Were the nodes asked for receipts of later decisions, and is there no newer copy? Take the"
    " database as it is"
)


@click.command()
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Take the database as it is, although something acknowledged may be missing in it.",
)
@click.option("--yes", is_flag=True, help="Do not ask again.")
def head(*, accept_loss: bool, yes: bool) -> int:
    """Compares the database with its head; exit status 1 when something acknowledged is missing.

    The head is a small file beside the database, written after each commit and before its answers.
    """
    from broker.recovering import accept_loss as accept
    from broker.recovering import head_of
    from broker.store.log_head import log_shortfall
    from itmo.clock import SystemClock
    from itmo.reasons import ProtocolError, Reason
    from itmo.runtime.db.head import head_path

    run = session()
    database = run.settings().database.path
    try:
        missing = log_shortfall(database)
        known = head_of(database)
    except ProtocolError as error:
        if error.reason is not Reason.LEDGER_AUDIT_FAILED:
            raise
        missing, known = error.message, None
    accepted = False
    if accept_loss and missing:
        if not yes:
            click.echo(missing, err=True)
            click.confirm(_QUESTION, abort=True, err=True)
        missing = accept(database, SystemClock().now())
        known, accepted = head_of(database), True
    facts = {
        "file": str(head_path(database)),
        "database": known.database if known else "",
        "decisions": known.position if known else 0,
        "last_leaf": known.digest.hex() if known else "",
    }

    def text(screen: Screen) -> None:
        if missing:
            screen.line(missing, "yellow" if accepted else "red")
        if accepted:
            screen.line("The loss is recorded (`broker refusals`); the broker can be started.")
            screen.line(
                "Each node that was told of what is missing stops by itself, until `registry-node record"
                " --accept-loss` is run there."
            )
        elif not missing:
            screen.line("Nothing acknowledged is missing.", "green")
        screen.facts(facts.items())

    holds = accepted or not missing
    run.show({"ok": holds, "accepted": accepted, "missing": missing, **facts}, text)
    return Exit.DONE if holds else Exit.REFUSED
