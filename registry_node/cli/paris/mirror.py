# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`mirror`: what the node's Parties hold elsewhere is pulled."""

from __future__ import annotations

import click

from itmo.registry.v1 import sharing_service_pb2 as api
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.option(
    "--approach", default="", help="Cooperative approach; default: the Article 6.4 mechanism's."
)
@command
def mirror(session: Session, approach: str) -> None:
    """Pulls what the node's Parties hold in other registries, to be seen and not moved here."""
    request = api.MirrorRequest(cooperative_approach=approach)
    answer = session.call_sharing(lambda stub: stub.Mirror(request, timeout=seconds_for(0)))
    said = f"{answer.quantity} units pulled; `registry-node mirrored` lists them."
    session.show(answer, lambda screen: screen.line(said))
