# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`accept`: yes to a transfer that waits here, or to all of them from one registry."""

from __future__ import annotations

import click

from itmo.registry.v1 import job_service_pb2 as jobs
from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("transaction_id", required=False)
@click.option("--all-from", "giver", help="Accept all that wait here from this registry, by now.")
@wait_option
@command
def accept(session: Session, transaction_id: str | None, giver: str | None, wait: float) -> None:
    """Accepts a transfer that waits here (see `inbox`), or with --all-from REGISTRY many of them.

    Acceptances of many are put into the outbox, and sent whether anybody waits or not; `inbox` and
    `transactions` show what came of them.
    """
    if bool(transaction_id) is bool(giver):
        raise click.UsageError("name either TRANSACTION_ID or --all-from REGISTRY")
    if giver:
        _accept_all(session, giver)
        return
    request = api.AcceptRequest(transaction_id=transaction_id or "", wait_ms=milliseconds(wait))
    answer = session.call(lambda stub: stub.Accept(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Accepted")


def _accept_all(session: Session, giver: str) -> None:
    accepted, request = 0, jobs.AcceptAllRequest(giver=giver)
    while True:
        answer = session.call_jobs(lambda stub: stub.AcceptAll(request, timeout=seconds_for(0)))
        if not answer.accepted:
            break
        accepted += answer.accepted
        request.up_to = answer.up_to
    session.show(
        {"accepted": accepted, "from": giver},
        lambda screen: screen.line(f"{accepted} transfers from {giver} are accepted."),
    )
