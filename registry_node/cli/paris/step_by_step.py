# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A letter made step by step: with what the node knows, and a draft of it kept at every step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from itmo import authorization_letter
from itmo.authorization_letter import Version
from itmo.clearing.v1 import directory_service_pb2
from itmo.limits import MAX_PAGE_SIZE
from itmo.paris.v1 import authorization_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import office_service_pb2 as office
from itmo.registry.v1 import operator_service_pb2
from itmo.registry.v1 import paris_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.hints import as_typed
from registry_node.cli.paris.answers import Known
from registry_node.cli.paris.questions import fill_in
from registry_node.cli.session import Session, seconds_for
from registry_node.paris.authorization_fields import fields_of
from registry_node.paris.authorization_template import statement as made_of

Statement = authorization_pb2.AuthorizationStatement
_SECONDS: Final = seconds_for(0)
_NEEDED: Final = ("party", "id", "cooperative_approach")
"""Without these nothing can be kept: they are what a draft is found by."""


def step_by_step(
    session: Session, authorization_id: str, send: Callable[[Statement], None]
) -> None:
    """Asks for each element; then keeps the letter, sends it, or throws it away.

    Args:
        session: The run of the command line.
        authorization_id: The letter to go on with; empty: a new one.
        send: Signs and sends it.

    Raises:
        ProtocolError: The node does not run, or knows no such letter.
    """
    known = _known(session, authorization_id)
    draft = _Draft(session)
    try:
        fields = fill_in(_prompt, click.echo, known, draft.keep)
        stated = made_of(fields, "answers")
        letter = Version(statement=stated, standing="DRAFT")
        click.echo(authorization_letter.text(letter, [letter]))
        choice = click.prompt("What now", type=click.Choice(["draft", "send", "discard"]))
    except click.Abort:
        click.echo("")
        click.echo(as_typed(draft.told()))
        sys.exit(Exit.REFUSED)
    if choice == "send":
        send(stated)
    elif choice == "draft":
        click.echo(as_typed(draft.told()))
    else:
        draft.throw_away()
        click.echo("Thrown away.")


def _prompt(text: str) -> str:
    answer: str = click.prompt(text, default="", show_default=False)
    return answer


@dataclass
class _Draft:
    """What is kept by the node of the letter under way."""

    session: Session
    kept: Statement | None = None
    fault: str = ""

    def keep(self, fields: Mapping[str, Any]) -> None:
        """Keeps what there is so far; says once when that cannot be."""
        if not all(name in fields for name in _NEEDED):
            return
        try:
            stated = made_of(fields, "answers")
            request = api.DraftAuthorizationRequest(statement=stated)
            self.session.call_paris(lambda stub: stub.DraftAuthorization(request, timeout=_SECONDS))
        except ProtocolError as error:
            if not self.fault:
                click.echo(f"  The draft cannot be kept now: {error.message}")
            self.fault = error.message
        else:
            self.kept, self.fault = stated, ""

    def told(self) -> str:
        """Where the letter is when its writer leaves."""
        if self.kept is None:
            return "Nothing was kept: Party, identifier and cooperative approach come first."
        name = self.kept.authorization_id
        lost = f" The last step is not in it: {self.fault}" if self.fault else ""
        return (
            f"Draft of {name} of {self.kept.party} kept; go on with `registry-node authorize --id"
            f' "{name}"`.{lost}'
        )

    def throw_away(self) -> None:
        """Has the node forget it."""
        if self.kept is not None:
            request = api.DiscardAuthorizationRequest(
                party=self.kept.party, authorization_id=self.kept.authorization_id
            )
            self.session.call_paris(
                lambda stub: stub.DiscardAuthorization(request, timeout=_SECONDS)
            )


def _known(session: Session, authorization_id: str) -> Known:
    """What the node knows: its Parties, its letters, and the registries of the network."""
    status = session.call(
        lambda stub: stub.GetStatus(operator_service_pb2.GetStatusRequest(), timeout=_SECONDS)
    )
    asked = api.ListAuthorizationsRequest()
    listed = session.call_paris(lambda stub: stub.ListAuthorizations(asked, timeout=_SECONDS))
    letters = {
        (each.statement.party, each.statement.authorization_id): each.statement
        for each in listed.authorizations  # a draft comes behind the versions
    }
    fields: dict[str, Any] = {}
    if authorization_id:
        named = [each for (_, name), each in letters.items() if name == authorization_id]
        if len(named) != 1:
            raise ProtocolError(
                Reason.NOT_FOUND,
                f"This node knows {len(named)} letters {authorization_id[:40]!a}, expected one; see"
                " `authorization list`.",
            )
        fields = fields_of(named[0])
        for name in ("date", "difference", "changed_elements"):
            if named[0].version:
                fields.pop(name, None)  # those of the version before
    return Known(
        parties=tuple(sorted({registry[:3] for registry in status.registries})),
        registries=_registries(session),
        letters={name: each.version for name, each in letters.items()},
        fields=fields,
    )


def _registries(session: Session) -> frozenset[str]:
    """The registries of the network; none where the clearing-house cannot be asked."""
    request = office.ListRegistriesRequest(
        request=directory_service_pb2.ListRegistriesRequest(page_size=MAX_PAGE_SIZE)
    )
    try:
        answer = session.call_office(lambda stub: stub.ListRegistries(request, timeout=_SECONDS))
    except ProtocolError:
        click.echo("The clearing-house cannot be asked now; registries are not compared.")
        return frozenset()
    return frozenset(each.registry for each in answer.response.registries)
