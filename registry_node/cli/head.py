# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The head of the store: what the node said last that it had, and the way out after a loss."""

from __future__ import annotations

import sys
from typing import Final

import click

from itmo.clock import SystemClock
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from registry_node.cli.session import Session, command

_QUESTION: Final = "Is there no newer copy, and does no other instance run? Take the store as it is"


@click.command()
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Take the store as it is, although something may be missing in it.",
)
@click.option("--yes", is_flag=True, help="Do not ask again.")
@command
def head(session: Session, *, accept_loss: bool, yes: bool) -> None:
    """Compare the store with its head; the node need not run.

    The head is a small file beside the database, written after each commit.
    """
    from itmo.runtime.db.head import head_path
    from registry_node.app import DATABASE
    from registry_node.recovering import accept_loss as accept
    from registry_node.settings import load
    from registry_node.store.commit_head import commit_shortfall

    path = load(session.folder).node.data_dir / DATABASE
    try:
        missing = commit_shortfall(path)
    except ProtocolError as error:
        if error.reason is not Reason.LEDGER_AUDIT_FAILED:
            raise
        missing = error.message
    accepted = bool(accept_loss and missing)
    if accepted:
        if not yes:
            click.echo(missing, err=True)
            click.confirm(_QUESTION, abort=True, err=True)
        missing = accept(path, SystemClock().now())
    holds = accepted or not missing
    found = {
        "ok": holds,
        "accepted": accepted,
        "missing": missing,
        "file": str(head_path(path)),
    }

    def table(screen: Screen) -> None:
        if missing:
            screen.line(missing, "yellow" if accepted else "red")
        if accepted:
            screen.line("The loss is recorded as an alarm; the node can be started.")
        elif not missing:
            screen.line("Nothing is missing.", "green")

    session.show(found, table)
    if not holds:
        sys.exit(Exit.REFUSED)
