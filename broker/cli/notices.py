# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices between registries."""

from __future__ import annotations

import click

from broker.cli.session import session


@click.command()
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for somebody.")
def notices(only_open: bool) -> None:
    """Lists notices, programme events, messages and maintenance, with who has read them."""
    from broker.reports.notices import notices as listed
    from itmo.forms import moment

    run = session()
    with run.reader() as connection:
        found = listed(connection, only_open=only_open)
    rows = [
        (
            each.notice_id,
            each.kind,
            each.sender,
            moment(each.created_at),
            " ".join(f"{r.node}:{r.state}" for r in each.recipients),
            " ".join(f"{u.registry}:{u.first}-{u.last} {u.outcome}" for u in each.units),
            each.waiting,
        )
        for each in found
    ]
    headings = ("notice", "kind", "from", "created", "recipients", "units", "waiting")
    run.show({"notices": found}, lambda screen: screen.table(headings, rows, numbers=["waiting"]))
