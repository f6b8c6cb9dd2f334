# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The unit blocks that accounts hold, or held."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

import click

from broker.cli import long_list
from broker.cli.accounts import registry_named
from broker.cli.session import session
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option

if TYPE_CHECKING:
    from datetime import datetime

_INSTEAD: Final = (
    "Name a --registry, or ask how much there is: `broker accounts`; of one approach, `broker units where`;"
    " of one unit, `broker units history`."
)


@click.command()
@click.option("--registry", metavar="ID", help="Only holdings of this registry's accounts.")
@as_of_option
def holdings(registry: str | None, as_of: datetime | None) -> None:
    """Lists the unit blocks that each account holds, or held. At most 20 000 at once."""
    from broker.reports.paris import unit_views as report
    from broker.reports.paris.as_of import units_as_of
    from broker.reports.paris.held_then import units_then
    from broker.reports.snapshot import snapshot
    from itmo.forms import as_json, number

    run, wanted = session(), registry_named(registry)
    with (
        run.reader() as connection,
        snapshot(connection),
        nullcontext() if as_of is None else run.timeline(connection) as made,
    ):
        if as_of is None:
            found = report.units(connection, wanted, limit=long_list.MOST + 1)
        elif made is None:
            found = units_as_of(connection, as_of, wanted)
        else:
            found = units_then(connection, made.connection, as_of, wanted, long_list.MOST + 1)
    long_list.refuse_more(found, "ranges", _INSTEAD)

    def text(screen: Screen) -> None:
        screen.table(
            (
                "account", "type", "units", "quantity", "vintage", "approach", "host",
                "authorization", "first transferred", "locked by",
            ),
            [
                (
                    v.account_id,
                    v.account_type,
                    f"{v.registry}:{v.first}-{v.last}",
                    number(v.quantity),
                    v.vintage,
                    v.attributes.cooperative_approach,
                    v.attributes.first_transferring_party,
                    f"{v.authorization_id} v{v.authorization_version}"
                    if v.authorization_id
                    else None,
                    v.first_transferred,
                    v.locked_by,
                )
                for v in found
            ],
            numbers=["quantity", "type", "vintage"],
            empty="no units are held",
        )  # fmt: skip

    listed = [{**_object(as_json(v)), "quantity": v.quantity} for v in found]
    run.show({"holdings": listed}, text)


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
