# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node aef`: a Party's AEFs, exported and checked in its own office."""

from __future__ import annotations

import click

from office.checking import check
from office.exporting import export
from registry_node.cli.session import Session


@click.group()
@click.option("--json", "json_here", is_flag=True, help="Print one JSON value, nothing else.")
@click.pass_obj
def aef(session: Session, json_here: bool) -> None:
    """Agreed electronic format (AEF, 4/CMA.6 annex II) of the Party: export and check."""
    session.as_json = session.as_json or json_here


aef.add_command(check)
aef.add_command(export)
