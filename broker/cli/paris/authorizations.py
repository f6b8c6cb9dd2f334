# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Authorizations: listed, and one as the readable statement."""

from __future__ import annotations

from pathlib import Path

import click

from broker.cli.session import session
from itmo.files import write_whole
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.whole_numbers import NUMBER


@click.command()
@click.option("--party", metavar="CODE", help="Only authorizations of this Party.")
def authorizations(party: str | None) -> None:
    """Lists authorizations in their latest version, and what was issued under each."""
    from broker.reports.paris import letters
    from itmo.forms import number
    from itmo.identifiers import parse_party_code

    run = session()
    wanted = None if party is None else parse_party_code(party, "--party")
    with run.reader() as connection:
        found = letters.authorizations(connection, party=wanted or "")

    def text(screen: Screen) -> None:
        screen.table(
            (
                "Party", "authorization", "version", "state", "approach", "purposes", "vintages",
                "for", "issued", "of", "remaining", "used",
            ),
            [
                (
                    v.version.party,
                    v.version.id,
                    v.version.version,
                    letters.standing(revoked=v.version.revoked, latest=True),
                    v.version.cooperative_approach,
                    " ".join(sorted(v.version.purposes)),
                    f"{v.version.vintages.first}-{v.version.vintages.last}",
                    " ".join(sorted(v.version.parties)) or "all of the approach",
                    number(v.issued_quantity),
                    None if v.version.quantity is None else number(v.version.quantity),
                    None
                    if v.version.quantity is None
                    else number(max(v.version.quantity - v.issued_quantity, 0)),
                    ", ".join(f"{p} {number(q)}" for p, q in sorted(v.used.items()) if q) or None,
                )
                for v in found
            ],
            numbers=["issued", "of", "remaining", "version"],
            empty="nothing is authorized",
        )  # fmt: skip

    run.show({"authorizations": found}, text)


@click.command()
@click.argument("party", metavar="PARTY")
@click.argument("authorization_id", metavar="ID")
@click.option("--version", type=NUMBER, help="Default: the latest.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page.")
def authorization(
    party: str, authorization_id: str, version: int | None, html: Path | None
) -> None:
    """Shows an authorization as the readable statement, signatures and versions included."""
    from broker.reports.log_position import log_position
    from broker.reports.paris.letters import letters
    from broker.reports.snapshot import snapshot
    from itmo import authorization_html, authorization_letter
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_party_code
    from itmo.reasons import ProtocolError, Reason

    run = session()
    with run.reader() as connection, snapshot(connection):
        versions = letters(connection, parse_party_code(party, "PARTY"), authorization_id)
        position = log_position(connection)
    if version is not None and version > len(versions):
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"{authorization_id} has {len(versions)} versions, no version {version}.",
            where="version",
            found=version,
        )
    letter = versions[-1 if version is None else version - 1]
    if html is not None:
        made = SystemClock().now()
        write_whole(html, authorization_html.page(letter, versions, made, [position.fact()]))

    def text(screen: Screen) -> None:
        said = authorization_letter.text(letter, versions) if html is None else f"written: {html}"
        for line in said.splitlines():
            screen.line(line)

    rows = {row.element.key: list(row.lines) for row in authorization_letter.rows(letter.statement)}
    signed = dict(authorization_letter.signatures(letter))
    run.show({"state": letter.standing, "elements": rows, "signatures": signed}, text)
