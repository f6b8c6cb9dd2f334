# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto units`: units and the accounts that they are or were in."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option


@click.command()
@click.option("--party", metavar="PARTY", help="Only in registries of a Party.")
@click.option("--account", metavar="ACCOUNT", help="Only in an account.")
@as_of_option
def units(party: str | None, account: str | None, as_of: datetime | None) -> None:
    """Lists units by account, ended ones in the account that they ended in."""
    from broker.reports.kyoto.held_units import as_data, begun_in_words, held_units, in_words, told
    from itmo.forms import number
    from itmo.identifiers import parse_account_id, parse_party_code

    run = session()
    code = parse_party_code(party, "--party") if party else None
    named = parse_account_id(account, "--account") if account else None
    with run.reader() as connection:
        found = held_units(connection, party=code, account=named, as_of=as_of)

    def text(screen: Screen) -> None:
        if not found:
            screen.line("No units.")
            return
        screen.table(
            ("account", "type", "units", "quantity", "what they are", "in their stead"),
            [
                (
                    each.holder.account_id,
                    each.holder.account_type,
                    f"{each.units.registry}:{each.units.range.first}-{each.units.range.last}",
                    number(each.units.quantity),
                    "; ".join(filter(None, (in_words(each.units.attributes), told(each.told_by)))),
                    begun_in_words(each.begun) or None,
                )
                for each in found
            ],
            numbers=["quantity"],
        )

    data = [
        as_data(each.units)
        | {
            "account_id": each.holder.account_id,
            "account_type": each.holder.account_type,
            "party": each.holder.party,
            "told_by_archive_of": each.told_by or None,
            "in_stead": begun_in_words(each.begun) or None,
        }
        for each in found
    ]
    run.show({"units": data}, text)
