# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker that serves."""

from __future__ import annotations

import click

from broker.cli.session import session


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    help="Processes that hold the lines to nodes, besides the one that decides; 0: that one does it"
    " all. Without it the settings say (server.workers).",
)
def serve(workers: int | None) -> int:
    """Serves until it is told to stop.

    SIGTERM, SIGINT and SIGHUP tell it. The log goes to standard error, one JSON value in a line unless that is a terminal; what keeps the
    service from starting is the last line.
    """
    from broker.serving import serve as serve_broker
    from itmo.runtime import observe

    observe.set_up_service()  # before the settings are read: they may be what is wrong
    run = session()
    settings = run.settings()
    if workers is not None:
        server = settings.server.model_copy(update={"workers": workers})
        settings = settings.model_copy(update={"server": server})
    return serve_broker(settings, run.settings, run.folder)
