# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`actions`: a Party's actions of a year."""

from __future__ import annotations

import click

from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.registry.v1 import sharing_service_pb2 as api
from itmo.runtime.cli.whole_numbers import YEAR
from registry_node.cli.pages import PAGE, all_pages
from registry_node.cli.paris.unit_tables import show_actions
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("party")
@click.argument("year", type=YEAR)
@command
def actions(session: Session, party: str, year: int) -> None:
    """Lists a Party's actions of a calendar year that the own registries took part in."""

    def ask(token: str) -> meta.ListActionsResponse:
        asked = meta.ListActionsRequest(party=party, year=year, page_size=PAGE, page_token=token)
        request = api.ListActionsRequest(request=asked)
        return session.call_sharing(
            lambda stub: stub.ListActions(request, timeout=seconds_for(0))
        ).response

    found = all_pages(ask, "actions")
    session.show(found, lambda screen: show_actions(screen, found.actions))
