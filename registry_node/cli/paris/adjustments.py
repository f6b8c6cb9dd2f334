# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`adjustments`: the entries of a Party's adjustment ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from itmo.runtime.cli.session import as_tree
from itmo.runtime.cli.times import as_of_option
from itmo.runtime.cli.whole_numbers import YEAR
from registry_node.cli.paris.party_accounts import (
    _sums,
    entries_of,
    party_option,
    show_entries,
)
from registry_node.cli.session import Session, command


@click.command()
@party_option
@click.option("--year", type=YEAR, default=None, help="Only those that adjust this year.")
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions, and the sums.")
@command
def adjustments(
    session: Session, party: str, year: int | None, as_of: datetime | None, explain: bool
) -> None:
    """Lists the Party's entries of the adjustment ledger, oldest first; additions are positive."""
    found = entries_of(session, party, year or 0, as_of)
    tree: dict[str, Any] = {"adjustments": [as_tree(each) for each in found]}
    if explain:
        tree["sums"] = [
            {"year": of_year, "metric": metric, "quantity": str(quantity)}
            for (of_year, metric), quantity in _sums(found)
        ]
    session.show(tree, lambda screen: show_entries(screen, found, explain=explain))
