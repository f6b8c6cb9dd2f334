# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Run the node; its log goes to standard error, and what ends it is the last line."""

from __future__ import annotations

import asyncio

import click

from registry_node.cli.session import Session, command


@click.command()
@command
def serve(session: Session) -> None:
    """Runs the node until it is told to stop.

    SIGTERM, SIGINT and SIGHUP tell it. The log goes to standard error, one JSON value in a line unless that is a terminal; what keeps the
    node from starting is the last line.
    """
    from itmo.runtime import observe
    from registry_node.app import serve as run
    from registry_node.settings import load

    observe.set_up_service()  # before the settings are read: they may be what is wrong
    settings = load(session.folder)
    observe.set_up_service(log_format=settings.node.log_format, node=settings.node.id)
    asyncio.run(run(settings, asyncio.Event(), again=lambda: load(session.folder)))
