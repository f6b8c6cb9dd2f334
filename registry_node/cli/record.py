# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's record beside what this node was told of it, and the way out after the broker's loss."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

import click

from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from registry_node.cli.session import Session, command

if TYPE_CHECKING:
    from registry_node.going_back import Comparison, WentBack

_QUESTION: Final = (
    "Has the operator of the clearing-house said that nothing newer exists there? Go back to what both"
    " have"
)


@click.command()
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Go back to the last place that both have, although decisions are lost; the node must not run.",
)
@click.option(
    "--send-again",
    is_flag=True,
    help="With --accept-loss: send again what the clearing-house acknowledged and lost.",
)
@click.option("--yes", is_flag=True, help="Do not ask again.")
@command
def record(session: Session, *, accept_loss: bool, send_again: bool, yes: bool) -> None:
    """Compares the clearing-house's record with what this node was told of it.

    They differ when the clearing-house was restored from an older copy and lost decisions. Nothing is
    applied or sent then, until it has them again or the loss is accepted here too. The store as it was
    is kept beside the new one: it proves what had been decided.
    """
    from registry_node.app import accept_record, compare_record
    from registry_node.settings import load

    settings = load(session.folder)
    went: WentBack | None = None
    found = asyncio.run(compare_record(settings))
    if accept_loss and found.differs:
        session.ask(_QUESTION, yes=yes, before=_sentence(found))
        found, went = asyncio.run(accept_record(settings, send_again=send_again))
    told = {
        "ok": went is not None or not found.differs,
        "accepted": went is not None,
        "deliveries": found.known.deliveries,
        "deliveries_of_both": found.common.deliveries,
        "own_messages": found.known.messages,
        "own_messages_of_both": found.common.messages,
        "lost": [] if went is None else _lost(went),
        "carried_out": [] if went is None else list(went.carried_out),
        "kept": "" if went is None else str(went.kept),
    }

    def table(screen: Screen) -> None:
        style = "red" if found.differs and went is None else "yellow" if went else "green"
        screen.line(_sentence(found), style)
        if went is not None:
            _tell(screen, went)

    session.show(told, table)
    if found.differs and went is None:
        sys.exit(Exit.REFUSED)


def _sentence(found: Comparison) -> str:
    if not found.differs:
        return "The record holds all that this node was told of it."
    return (
        f"The record holds {found.common.deliveries} of the {found.known.deliveries} deliveries that this"
        f" node took, and {found.common.messages} of its {found.known.messages} recorded messages: an"
        " older copy of the clearing-house was put in place."
    )


def _lost(went: WentBack) -> list[dict[str, object]]:
    return [
        {
            "message_id": item.message_id,
            "kind": item.kind.value,
            "transaction_id": item.transaction_id or "",
            "sent_again": item.message_id in went.queued,
        }
        for item in went.lost
    ]


def _tell(screen: Screen, went: WentBack) -> None:
    screen.line(f"The store as it was: {went.kept}")
    for item in went.lost:
        what = "is sent again" if item.message_id in went.queued else "say it again if still wanted"
        about = f" of {item.transaction_id}" if item.transaction_id else ""
        screen.line(f"  lost: {item.kind}{about} ({item.message_id}): {what}")
    for each in went.carried_out:
        screen.line(f"  take back in the registry system: {each}")
    screen.line("The node can be started. What is lost stands among the alarms.")
