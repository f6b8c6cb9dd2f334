# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto notices`: notices of the log, and what was done for them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.runtime.cli.times import as_of_option

if TYPE_CHECKING:
    from broker.reports.kyoto.log_notices import Standing
    from itmo.runtime.cli.screen import Screen


@click.command()
@click.option("--party", metavar="PARTY", help="Only those to registries of a Party.")
@as_of_option
def notices(party: str | None, as_of: datetime | None) -> None:
    """Lists notices of the log: what each asks for, what is met, and the transactions that name it."""
    from broker.reports.kyoto.log_notices import standings
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_party_code

    run = session()
    code = parse_party_code(party, "--party") if party else None
    today = (as_of or SystemClock().now()).date()
    with run.reader() as connection:
        found = standings(connection, today, as_of)
    shown = [each for each in found if code in (None, each.party)]
    run.show({"notices": list(map(_data, shown))}, lambda screen: _text(screen, shown))


def _data(each: Standing) -> dict[str, object]:
    notice = each.notice
    return {
        "party": each.party,
        "notice": notice,
        "title": notice.row.title,
        "status": each.status,
        "met": each.met,
        "waiting": each.waiting,
        "left": each.left,
        "history": each.history,
        "answers": each.answers,
    }


def _text(screen: Screen, shown: list[Standing]) -> None:
    from itmo.forms import moment, number

    if not shown:
        screen.line("No notice of the log.")
        return
    screen.table(
        ("notice", "type", "to", "asked", "met", "waiting", "due", "status", "about"),
        [
            (
                each.notice.number,
                f"{each.notice.type} {each.notice.row.title}",
                each.notice.registry,
                number(each.notice.quantity),
                number(each.met),
                number(each.waiting),
                each.notice.due,
                each.status.value.lower(),
                _about(each),
            )
            for each in shown
        ],
        numbers=["notice", "asked", "met", "waiting"],
    )
    answers = [
        (each.notice.number, a.transaction_id, a.type.value, number(a.quantity), a.state.value)
        for each in shown
        for a in each.answers
    ]
    if answers:
        headings = ("notice", "transaction", "type", "units", "state")
        screen.table(headings, answers, numbers=["notice", "units"], title="Transactions")
    updates = [
        (each.notice.number, moment(said.at), said.log_index, said.stated.row.title)
        for each in shown
        if len(each.history) > 1
        for said in each.history
    ]
    if updates:
        screen.table(
            ("notice", "stated", "decision", "what"),
            updates,
            numbers=["notice", "decision"],
            title="History",
        )


def _about(each: Standing) -> str | None:
    notice = each.notice
    parts = (
        f"project {notice.project}" if notice.project else "",
        f"{notice.unit_type.title}s" if notice.unit_type else "",
        f"activity {notice.activity}" if notice.activity else "",
        f"period {notice.period}" if notice.period else "",
        f"expiry on {notice.expires}" if notice.expires else "",
        *(f"{registry}:{serials}" for registry, serials in notice.units),
    )
    return ", ".join(filter(None, parts)) or None
