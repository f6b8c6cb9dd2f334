# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto replacements`: what replaced tCERs and lCERs, and what is owed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option


@click.command()
@click.option("--party", metavar="PARTY", help="Only those of a Party.")
@as_of_option
def replacements(party: str | None, as_of: datetime | None) -> None:
    """Shows what replaced tCERs and lCERs: required, expired in holding, replaced, cancelled, owed.

    Units that were used for compliance are to be replaced when they expire; those that still lie with
    holders are to be cancelled. Owed is what of both was not done.
    """
    from broker.reports.kyoto.replacements import replacements as found_in
    from itmo.clock import SystemClock
    from itmo.forms import number
    from itmo.identifiers import parse_party_code

    run = session()
    code = parse_party_code(party, "--party") if party else None
    today = (as_of or SystemClock().now()).date()
    with run.reader() as connection:
        found = found_in(connection, today, as_of)
    shown = [each for each in found if code in (None, each.reason.party)]

    def text(screen: Screen) -> None:
        if not shown:
            screen.line("Nothing was to be replaced, and nothing was.")
            return
        counted = ("required", "expired in holding", "replaced", "cancelled", "owed")
        screen.table(
            ("Party", "period", "for", *counted),
            [
                (
                    each.reason.party,
                    each.reason.period or None,
                    each.reason.why,
                    *map(
                        number,
                        (
                            each.required,
                            each.expired_held,
                            each.replaced,
                            each.cancelled,
                            each.owed,
                        ),
                    ),
                )
                for each in shown
            ],
            numbers=["period", *counted],
        )

    data = [{**asdict(each.reason), **_counts(asdict(each)), "owed": each.owed} for each in shown]
    run.show({"replacements": data}, text)


def _counts(line: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in line.items() if name != "reason"}
