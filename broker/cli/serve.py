# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker that serves."""

from __future__ import annotations

import click

from broker.cli.session import session


@click.command()
def serve() -> int:
    """Serves until it is told to stop (SIGTERM or SIGINT).

    The log goes to standard error, one JSON value in a line unless that is a terminal; what keeps the
    service from starting is the last line.
    """
    from broker.serving import serve as serve_broker
    from itmo.runtime import observe

    observe.set_up_service()  # before the settings are read: they may be what is wrong
    run = session()
    return serve_broker(run.settings(), run.settings)
