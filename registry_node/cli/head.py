# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`head`: what the store said last that it had, and the way out after a loss."""

from __future__ import annotations

import click

from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.database import Recovery, recovery_options, show_head
from registry_node.cli.session import Session, command


@click.command()
@recovery_options
@command
def head(session: Session, *, accept_loss: bool, yes: bool) -> Exit:
    """Compares the store with its head; exit status 1 when something acknowledged is missing.

    The head is a small file beside the database, written after each commit. The node need not run.
    """
    from registry_node.app import DATABASE
    from registry_node.recovering import accept_loss as accept
    from registry_node.settings import load
    from registry_node.store.commit_head import commit_shortfall

    recovery = Recovery(
        shortfall=commit_shortfall,
        accept=accept,
        question="Is there no newer copy, and does no other instance run? Take the store as it is",
        step="commits",
        digest="last_mark",
        accepted=("The loss is recorded as an alarm; the node can be started.",),
    )
    database = load(session.folder).node.data_dir / DATABASE
    return show_head(session, database, recovery, accept_loss=accept_loss, yes=yes)
