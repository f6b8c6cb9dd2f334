# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The head of the database: what was acknowledged last, and the way out after a loss."""

from __future__ import annotations

import click

from broker.cli.session import session
from itmo.runtime.cli.database import Recovery, recovery_options, show_head


@click.command()
@recovery_options
def head(*, accept_loss: bool, yes: bool) -> int:
    """Compares the database with its head; exit status 1 when something acknowledged is missing.

    The head is a small file beside the database, written after each commit and before its answers.
    """
    from broker.recovering import accept_loss as accept

    run = session()
    books = run.settings().database.books
    recovery = Recovery(
        shortfall=lambda _: books.shortfall(),
        accept=lambda _, now: accept(books, now),
        question="Were the nodes asked for receipts of later decisions, and is there no newer copy?"
        " Take the database as it is",
        step="decisions",
        digest="last_leaf",
        accepted=(
            "The loss is recorded (`broker refusals`); the broker can be started.",
            (
                "Each node that was told of what is missing stops by itself, until `registry-node record"
                " --accept-loss` is run there."
            ),
        ),
    )
    return show_head(run, books.file, recovery, accept_loss=accept_loss, yes=yes)
