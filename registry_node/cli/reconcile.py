# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`reconcile`: the node's books are compared with the record of the clearing-house."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import click

from itmo.registry.v1 import reconciliation_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from registry_node.cli import showing
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds
from registry_node.cli.session import Session, command, seconds_for
from registry_node.differing import difference_text

_WHAT_TO_DO: Final = (
    "These units cannot move. `registry-node verify` says which rows contradict what was signed. Stop the node,"
    " put a back-up from before in place and start it: it takes everything since from the clearing-house, and"
    " compares again. Then the operator of the clearing-house ends the case, by its number."
)


@click.command()
@click.option("--registry", default="", help="Where the node speaks for several.")
@click.option("--last", is_flag=True, help="Show how the books stood last; compare nothing.")
@wait_option
@command
def reconcile(session: Session, registry: str, wait: float, *, last: bool) -> None:
    """Compares the books of a registry with the clearing-house's record.

    A node does so itself after each start, and as often as `[reconciliation]` in node.toml says. Exit
    code 1 when they differ, a statement was refused, or a case is open.
    """
    if last:
        request = api.GetReconciliationsRequest()
        answer = session.call_reconciliation(
            lambda stub: stub.GetReconciliations(request, timeout=seconds_for(0))
        )
        shown = [each for each in answer.registries if registry in ("", each.registry)]
        session.show(
            api.GetReconciliationsResponse(registries=shown), lambda screen: _text(screen, shown)
        )
        sys.exit(max((_exit(each) for each in shown), default=Exit.DONE))
    wanted = api.ReconcileRequest(registry=registry, wait_ms=milliseconds(wait))
    done = session.call_reconciliation(
        lambda stub: stub.Reconcile(wanted, timeout=seconds_for(wait))
    )
    session.show(done, lambda screen: _text(screen, [done.standing]))
    if done.standing.result == api.RECONCILIATION_RESULT_OPEN:
        sys.exit(Exit.UNREACHABLE if wait > 0 else Exit.DONE)
    sys.exit(_exit(done.standing))


def _exit(each: api.ReconciliationStanding) -> Exit:
    refused = each.result in {
        api.RECONCILIATION_RESULT_DIFFERS,
        api.RECONCILIATION_RESULT_REFUSED,
    }
    return Exit.REFUSED if refused or each.cases else Exit.DONE


def _text(screen: Screen, listed: Sequence[api.ReconciliationStanding]) -> None:
    for each in listed:
        screen.line(*showing.books(each))
        for case in each.cases:
            screen.line(f"  case {case.case_id}, since {showing.time_of(case.open_time)}", "red")
            for difference in case.differences:
                screen.line(f"    {difference_text(difference)}")
    if any(each.cases for each in listed):
        screen.line(_WHAT_TO_DO, "dim")
