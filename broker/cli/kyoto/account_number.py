# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto account-number`: whether an account's number as registries print it is written right."""

from __future__ import annotations

import click

from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason, shown
from itmo.runtime.cli.screen import Screen


@click.command("account-number")
@click.argument("number")
def account_number(number: str) -> None:
    """Verifies the check digits of a printed NUMBER such as GB-210-10000013-1-70, and says what it tells."""
    from broker.rulebook.kyoto.account_numbers import parse_account_number
    from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES

    found = parse_account_number(number)
    if found is None:
        raise ProtocolError(
            Reason.IDENTIFIER_INVALID,
            f"{shown(number)} is no account number; expected two letters, type, number, period and"
            " check digits that fit, such as GB-210-10000013-1-70",
            where="NUMBER",
            found=number,
        )
    kind = ACCOUNT_TYPES.get(found.kind)
    title = kind.title if kind else "not known"

    def text(screen: Screen) -> None:
        screen.line(f"{number} is written right.")
        screen.facts(
            [
                ("registry", found.printed),
                ("type", f"{found.kind} ({title})"),
                ("number", str(found.number)),
                ("commitment period", str(found.period) if found.period else "none"),
            ]
        )

    session().show(
        {
            "number": str(found.number),
            "registry": found.printed,
            "account_type": found.kind,
            "title": title,
            "period": found.period,
        },
        text,
    )
