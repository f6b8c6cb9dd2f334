# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto trail`: everything that happened to a range of units."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option


@click.command()
@click.argument("units")
@as_of_option
def trail(units: str, as_of: datetime | None) -> None:
    """Shows every completed transaction that touched UNITS such as GBR01:1-500, the first one first."""
    from broker.regime.postings import Units
    from broker.reports.kyoto.held_units import as_data, begun_in_words, in_words, told
    from broker.reports.kyoto.held_units import trail as trail_of
    from itmo.forms import moment, number
    from itmo.identifiers import parse_registry_id
    from itmo.serials import parse_serial_range

    run = session()
    registry, _, serials = units.partition(":")
    wanted = Units(parse_registry_id(registry, "UNITS"), parse_serial_range(serials, "UNITS"))
    with run.reader() as connection:
        found = list(trail_of(connection, wanted, as_of))

    def text(screen: Screen) -> None:
        if not found:
            screen.line(f"Nothing happened to {units}.")
            return
        screen.table(
            (
                *("decided", "type", "units", "quantity", "from", "to", "what they were"),
                *("in their stead", "transaction"),
            ),
            [
                (
                    moment(each.at),
                    each.type if each.acts else f"{each.type}, named",
                    f"{each.units.registry}:{each.units.range.first}-{each.units.range.last}",
                    number(each.quantity),
                    each.giver.account_id,
                    each.taker.account_id,
                    "; ".join(filter(None, (in_words(each.units.attributes), told(each.told_by)))),
                    begun_in_words(each.begun) or None,
                    each.transaction_id,
                )
                for each in found
            ],
            numbers=["quantity"],
        )

    data = [
        as_data(each.units)
        | {
            "decided_at": each.at.isoformat(),
            "log_index": str(each.log_index),
            "transaction_id": each.transaction_id,
            "type": each.type.value,
            "acts": each.acts,
            "from_account": each.giver.account_id,
            "to_account": each.taker.account_id,
            "after": in_words(each.after),
            "told_by_archive_of": each.told_by or None,
            "in_stead": begun_in_words(each.begun) or None,
        }
        for each in found
    ]
    run.show({"trail": data}, text)
