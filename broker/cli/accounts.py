# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Accounts and how many units each holds."""

from __future__ import annotations

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen


def registry_named(text: str | None) -> str | None:
    """Reads the option --registry; None where it was not given."""
    from itmo.identifiers import parse_registry_id

    return None if text is None else parse_registry_id(text, "--registry")


@click.command()
@click.option("--registry", metavar="ID", help="Only accounts of this registry.")
def accounts(registry: str | None) -> None:
    """Lists accounts and how many units each holds."""
    from broker.reports import holdings as report
    from itmo.forms import number

    run, wanted = session(), registry_named(registry)
    with run.reader() as connection:
        found = report.accounts(connection, wanted)

    def text(screen: Screen) -> None:
        screen.table(
            ("account", "registry", "rulebook", "type", "terms", "closed", "units"),
            [
                (
                    v.account_id,
                    v.registry,
                    v.rulebook,
                    v.account_type,
                    ", ".join(f"{name} {v.terms[name]}" for name in v.terms) or None,
                    v.closed,
                    number(v.units),
                )
                for v in found
            ],
            numbers=["units", "type"],
            empty="no account is open",
        )

    run.show({"accounts": found}, text)
