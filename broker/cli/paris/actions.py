# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The action history: what was done with units, for each Party."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from broker.cli.session import session
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.whole_numbers import NUMBER, YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.reports.paris.actions import Action

_LIMIT: Final = 1_000


@click.command()
@click.option("--party", metavar="CODE", help="Only actions of this Party.")
@click.option("--year", type=YEAR, help="Only actions of this calendar year.")
@click.option("--approach", metavar="ID", help="Only units of this cooperative approach.")
@click.option("--registry", metavar="ID", help="Only actions tracked in this registry.")
@click.option("--limit", type=NUMBER, default=_LIMIT, show_default=True, help="At most so many.")
def actions(
    party: str | None, year: int | None, approach: str | None, registry: str | None, limit: int
) -> None:
    """Lists what Parties did with units, oldest first, in the words of the AEF."""
    from functools import partial
    from itertools import islice

    from broker.reports.paris.actions import actions as history
    from broker.reports.snapshot import snapshot
    from itmo.identifiers import (
        parse_cooperative_approach_id,
        parse_party_code,
        parse_registry_id,
    )

    run = session()
    wanted = {
        "party": None if party is None else parse_party_code(party, "--party"),
        "approach": None
        if approach is None
        else parse_cooperative_approach_id(approach, "--approach"),
        "registry": None if registry is None else parse_registry_id(registry, "--registry"),
    }
    with (
        run.reader() as connection, snapshot(connection), run.timeline(connection) as made, Bar() as bar,
    ):  # fmt: skip
        tables, progress = made.connection if made else None, partial(bar.at, "decisions")
        listed = history(connection, year=year, timeline=tables, progress=progress, **wanted)
        found = list(islice(listed, limit + 1))
    more = len(found) > limit
    del found[limit:]

    def text(screen: Screen) -> None:
        _table(screen, found)
        if more:
            screen.line(f"there are more than {limit}; see --limit", "dim")

    run.show({"actions": [action_as_json(each) for each in found], "more": more}, text)


def action_as_json(action: Action) -> dict[str, object]:
    """An action as programs read it."""
    lot, movement = action.movement.units, action.movement
    return {
        "party": action.party,
        "type": action.type,
        "subtype": action.subtype,
        "at": movement.at,
        "log_index": movement.log_index,
        "transaction_id": movement.transaction_id,
        "tracked_in": action.registry,
        "registry": lot.registry,
        "first": lot.first,
        "last": lot.last,
        "quantity": lot.quantity,
        "cooperative_approach": lot.cooperative_approach,
        "first_transferring_party": lot.host,
        "vintage": lot.vintage,
        "authorization_id": lot.authorization_id,
        "authorization_version": lot.authorization_version,
        "transferring_party": action.transferring_party,
        "acquiring_party": action.acquiring_party,
        "purpose": action.purpose,
        "spending_party": action.spending_party,
        "spending_entity": action.spending_entity,
        "year_of_use": action.year_of_use,
        "reverses": movement.reverses,
    }


def _table(screen: Screen, found: Sequence[Action]) -> None:
    from itmo.forms import moment, number

    screen.table(
        ("when", "Party", "action", "subtype", "units", "quantity", "vintage", "with", "for"),
        [
            (
                moment(each.at),
                each.party,
                each.type.value,
                each.subtype.value if each.subtype else None,
                f"{lot.registry}:{lot.first}-{lot.last}",
                number(lot.quantity),
                lot.vintage,
                each.acquiring_party or each.transferring_party or None,
                each.year_of_use or each.purpose or None,
            )
            for each in found
            for lot in (each.movement.units,)
        ],
        numbers=["quantity", "vintage"],
        empty="nothing was done with units",
    )
