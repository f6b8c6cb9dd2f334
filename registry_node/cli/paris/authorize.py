# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`authorize`: an authorization is stated, from a file or step by step."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from itmo.paris.v1 import authorization_pb2
from itmo.registry.v1 import paris_service_pb2 as api
from itmo.runtime.cli.whole_numbers import NUMBER
from registry_node.cli.options import wait_option
from registry_node.cli.paris.step_by_step import step_by_step
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for
from registry_node.paris.authorization_template import GROUNDS
from registry_node.paris.authorization_template import authorization as read_file
from registry_node.paris.authorization_template import statement as made_of

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option(
    "--id", "authorization_id", help="Overrides the file's id; without a file: go on with this one."
)
@click.option("--version", type=NUMBER, help="Default: one more than the last in effect.")
@click.option("--quantity", type=click.IntRange(1, 2**63 - 2), help="Overrides the file's.")
@click.option("--date", help="Overrides the file's; yyyy-mm-dd.")
@click.option("--difference", help="What differs from the version before; default: its elements.")
@click.option("--revoke", is_flag=True, help="Revoke it for units not yet first transferred.")
@click.option(
    "--ground",
    type=click.Choice(tuple(GROUNDS)),
    help="On what ground it is revoked; goes with --revoke.",
)
@click.option("--reason", help="Why it is revoked; goes with --revoke.")
@wait_option
@command
def authorize(
    session: Session,
    file: Path | None,
    authorization_id: str | None,
    version: int | None,
    quantity: int | None,
    date: str | None,
    difference: str | None,
    revoke: bool,
    ground: str | None,
    reason: str | None,
    wait: float,
) -> None:
    r"""States an authorization, or a new version of one, from a YAML file or step by step.

    \b
    id: "1006.4/2810"
    party: THA
    cooperative_approach: CA0003
    purposes: [NDC]            # NDC, IMP, OP; OIMP means IMP and OP
    quantity: 500000
    parties: [CHE]             # that may use; entities: [...] likewise
    vintages: [2022, 2030]
    date: 2022-11-01

    Every key is in deploy/config/authorization.example.yaml. Without a file, each element is asked
    for on the terminal: an answer is judged when it is given, each step is kept as a draft, and with
    --id a draft is gone on with, or the next version is made of the last.
    """
    if file is None:
        _step_by_step(session, authorization_id, wait)
        return
    fields: dict[str, Any] = read_file(file)
    given = {
        "id": authorization_id,
        "version": version,
        "quantity": quantity,
        "date": date,
        "difference": difference,
        "revocation_ground": ground,
        "revocation_reason": reason,
    }
    fields.update({name: value for name, value in given.items() if value is not None})
    if revoke:
        fields["revoked"] = True
    send_letter(session, made_of(fields, file), wait)


def send_letter(
    session: Session, stated: authorization_pb2.AuthorizationStatement, wait: float
) -> None:
    """States an authorization and shows what came of it."""
    request = api.AuthorizeRequest(statement=stated, wait_ms=milliseconds(wait))
    answer = session.call_paris(lambda stub: stub.Authorize(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Authorized")


def _step_by_step(session: Session, authorization_id: str | None, wait: float) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "Step by step needs a terminal. Name a FILE; every key is in"
            " deploy/config/authorization.example.yaml."
        )
    step_by_step(session, authorization_id or "", lambda stated: send_letter(session, stated, wait))
