# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Readers of the books: registries, accounts, holdings, authorizations, mailboxes, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from broker.cli.commanding import BrokerCommand
from broker.cli.session import session
from itmo.files import write_whole
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option

if TYPE_CHECKING:
    from datetime import datetime

_LIMIT: Final = 50


def _registry(text: str | None) -> str | None:
    from itmo.identifiers import parse_registry_id

    return None if text is None else parse_registry_id(text, "--registry")


@click.command(cls=BrokerCommand)
def registries() -> None:
    """Lists registries, who speaks for them and whether they take part."""
    from broker.reports import directory

    run = session()
    with run.reader() as connection:
        found = directory.registries(connection)

    def text(screen: Screen) -> None:
        screen.table(
            ("registry", "Party", "status", "node", "kind", "designated by"),
            [
                (v.registry, v.party, v.status, v.node, v.node_kind, " ".join(v.designated_by))
                for v in found
            ],
            empty="no registry is admitted yet",
        )

    run.show({"registries": found}, text)


@click.command(cls=BrokerCommand)
@click.option("--registry", metavar="ID", help="Only accounts of this registry.")
def accounts(registry: str | None) -> None:
    """Lists accounts and how many units each holds."""
    from broker.reports import holdings as report
    from itmo.forms import number

    run, wanted = session(), _registry(registry)
    with run.reader() as connection:
        found = report.accounts(connection, wanted)

    def text(screen: Screen) -> None:
        screen.table(
            ("account", "registry", "type", "NDC", "entity", "closed", "units"),
            [
                (
                    v.account_id,
                    v.registry,
                    v.account_type,
                    f"{v.ndc_first}-{v.ndc_last}" if v.ndc_first else None,
                    v.entity or None,
                    v.closed,
                    number(v.units),
                )
                for v in found
            ],
            numbers=["units", "type"],
            empty="no account is open",
        )

    run.show({"accounts": found}, text)


@click.command(cls=BrokerCommand)
@click.option("--registry", metavar="ID", help="Only holdings of this registry's accounts.")
@as_of_option
def holdings(registry: str | None, as_of: datetime | None) -> None:
    """Lists the unit blocks that each account holds, or held."""
    from broker.reports import holdings as report
    from broker.reports.as_of import units_as_of
    from itmo.forms import as_json, number

    run, wanted = session(), _registry(registry)
    with run.reader() as connection:
        if as_of is None:
            found = report.units(connection, wanted)
        else:
            found = units_as_of(connection, as_of, wanted)

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


@click.command(cls=BrokerCommand)
@click.option("--party", metavar="CODE", help="Only authorizations of this Party.")
def authorizations(party: str | None) -> None:
    """Lists authorizations in their latest version, and what was issued under each."""
    from broker.reports import directory
    from broker.reports.letters import standing
    from itmo.forms import number
    from itmo.identifiers import parse_party_code

    run = session()
    wanted = None if party is None else parse_party_code(party, "--party")
    with run.reader() as connection:
        found = directory.authorizations(connection, wanted)

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
                    standing(revoked=v.version.revoked, latest=True),
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


@click.command(cls=BrokerCommand)
@click.argument("party", metavar="PARTY")
@click.argument("authorization_id", metavar="ID")
@click.option("--version", type=click.IntRange(1), help="Default: the latest.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page.")
def authorization(
    party: str, authorization_id: str, version: int | None, html: Path | None
) -> None:
    """Shows an authorization as the readable statement, signatures and versions included."""
    from broker.reports.letters import letters
    from broker.reports.log_position import log_position
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


@click.command(cls=BrokerCommand)
def mailboxes() -> None:
    """Lists how far each node has read its deliveries."""
    from broker.store import queries

    run = session()
    with run.reader() as connection:
        found = queries.mailboxes(connection)

    def text(screen: Screen) -> None:
        screen.table(
            ("node", "deliveries", "acknowledged", "waiting"),
            [
                (
                    v.node,
                    v.last_sequence,
                    v.acknowledged_sequence,
                    v.last_sequence - v.acknowledged_sequence,
                )
                for v in found
            ],
            numbers=["deliveries", "acknowledged", "waiting"],
            empty="no node is admitted yet",
        )

    run.show({"mailboxes": found}, text)


@click.command(cls=BrokerCommand)
@click.option("--limit", type=click.IntRange(1, 10_000), default=_LIMIT, show_default=True)
def refusals(limit: int) -> None:
    """Lists messages that were refused before they became a decision, newest first."""
    from broker.reports import directory
    from itmo.forms import moment

    run = session()
    with run.reader() as connection:
        found = directory.refusals(connection, limit)

    def text(screen: Screen) -> None:
        screen.table(
            ("when", "caller", "reason", "found"),
            [(moment(v.refused_at), v.caller, v.reason, v.found) for v in found],
            empty="nothing was refused",
        )

    run.show({"refusals": found}, text)


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
