# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`authorization`: drafted, sent, followed to its effect, and shown as the readable statement."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from itmo import authorization_html, authorization_letter
from itmo.authorization_letter import Version
from itmo.clock import SystemClock
from itmo.files import write_whole
from itmo.paris.v1 import authorization_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import paris_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.whole_numbers import NUMBER_OR_NONE
from registry_node.cli import showing
from registry_node.cli.options import wait_option
from registry_node.cli.paris.authorize import FILE, send_letter
from registry_node.cli.session import Session, command, seconds_for
from registry_node.paris.authorization_template import authorization as read_file
from registry_node.paris.authorization_template import statement as made_of

_party = click.option("--party", default="", help="Where several Parties have that identifier.")


def _keep(session: Session, stated: authorization_pb2.AuthorizationStatement) -> None:
    request = api.DraftAuthorizationRequest(statement=stated)
    answer = session.call_paris(
        lambda stub: stub.DraftAuthorization(request, timeout=seconds_for(0))
    )
    name = f"{stated.authorization_id} of {stated.party}"
    session.show(answer, lambda screen: screen.line(f"Draft of {name} kept."))


@click.group()
def authorization() -> None:
    """Authorizations of this node's Parties, from the draft to their effect."""


@authorization.command("list")
@command
def list_(session: Session) -> None:
    """Lists every version with where it stands."""
    request = api.ListAuthorizationsRequest()
    answer = session.call_paris(
        lambda stub: stub.ListAuthorizations(request, timeout=seconds_for(0))
    )

    def table(screen: Screen) -> None:
        rows: list[tuple[object, ...]] = []
        for each in answer.authorizations:
            stated, letter = each.statement, _version(each)
            rows.append(
                (
                    stated.party,
                    stated.authorization_id,
                    letter.number,
                    stated.date,
                    stated.cooperative_approach,
                    letter.standing,
                    "" if letter.log_index is None else str(letter.log_index),
                    each.refusal.code,
                )
            )
        screen.table(
            ("Party", "authorization", "version", "date", "approach", "state", "log", "why not"),
            rows,
            numbers=("version", "log"),
            title="Authorizations",
        )

    session.show(answer, table)


@authorization.command()
@click.argument("authorization_id", metavar="ID")
@_party
@click.option("--version", type=NUMBER_OR_NONE, help="0: the draft. Default: the latest.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page.")
@command
def show(
    session: Session, authorization_id: str, party: str, version: int | None, html: Path | None
) -> None:
    """Shows an authorization as the readable statement."""
    found = _found(session, authorization_id, party)
    chosen = found[-1]
    if version is not None:
        named = [each for each in found if each.statement.version == version]
        if not named:
            raise _not_found(f"version {version} of {authorization_id[:40]!a}")
        chosen = named[-1]
    letters = [_version(each) for each in found]
    letter = letters[found.index(chosen)]
    if html is not None:
        write_whole(html, authorization_html.page(letter, letters, SystemClock().now()))
    text = authorization_letter.text(letter, letters)
    session.show(chosen, lambda _: click.echo(text if html is None else f"Written: {html}"))


@authorization.command()
@click.argument("file", type=FILE)
@command
def draft(session: Session, file: Path) -> None:
    """Keeps the authorization of a YAML file as a draft; nothing is signed or sent."""
    _keep(session, made_of(read_file(file), file))


@authorization.command("send")
@click.argument("authorization_id", metavar="ID")
@_party
@wait_option
@command
def send_draft(session: Session, authorization_id: str, party: str, wait: float) -> None:
    """Signs a draft and sends it to the clearing-house for its countersignature."""
    send_letter(session, _draft(session, authorization_id, party).statement, wait)


@authorization.command()
@click.argument("authorization_id", metavar="ID")
@_party
@command
def discard(session: Session, authorization_id: str, party: str) -> None:
    """Throws a draft away."""
    stated = _draft(session, authorization_id, party).statement
    request = api.DiscardAuthorizationRequest(
        party=stated.party, authorization_id=stated.authorization_id
    )
    answer = session.call_paris(
        lambda stub: stub.DiscardAuthorization(request, timeout=seconds_for(0))
    )
    session.show(answer, lambda _: click.echo(f"Draft of {authorization_id} thrown away."))


def _draft(session: Session, authorization_id: str, party: str) -> api.TrackedAuthorization:
    drafts = [
        each for each in _found(session, authorization_id, party) if not each.statement.version
    ]
    if not drafts:
        raise _not_found(f"a draft of {authorization_id[:40]!a}")
    return drafts[0]


def _found(
    session: Session, authorization_id: str, party: str
) -> Sequence[api.TrackedAuthorization]:
    """The versions of one authorization, oldest first, the draft last."""
    request = api.ListAuthorizationsRequest(authorization_id=authorization_id, party=party)
    answer = session.call_paris(
        lambda stub: stub.ListAuthorizations(request, timeout=seconds_for(0))
    )
    parties = sorted({each.statement.party for each in answer.authorizations})
    if not parties:
        raise _not_found(f"authorization {authorization_id[:40]!a}")
    if len(parties) > 1:
        click.echo(f"{', '.join(parties)} have each given this id; add --party.", err=True)
        sys.exit(Exit.USAGE)
    return list(answer.authorizations)


def _not_found(what: str) -> ProtocolError:
    return ProtocolError(
        Reason.NOT_FOUND, f"This node knows nothing of {what}; see `authorization list`."
    )


def _version(each: api.TrackedAuthorization) -> Version:
    signed = each.countersignature if each.HasField("countersignature") else None
    name = api.AuthorizationStanding.Name(each.standing)
    standing = name.removeprefix("AUTHORIZATION_STANDING_")
    refusal = f"{each.refusal.code}: {each.refusal.found}" if each.HasField("refusal") else ""
    return Version(
        statement=each.statement,
        standing=standing,
        signed_by="" if standing == "DRAFT" else f"the node designated by {each.statement.party}",
        countersigned_by=f"the clearing-house, key {signed.keyid}" if signed else "",
        countersigned_at=showing.time_of(signed.time) if signed else "",
        receipt_hash=signed.receipt_hash.hex() if signed else "",
        log_index=signed.log_index if signed else None,
        refusal=refusal,
    )
