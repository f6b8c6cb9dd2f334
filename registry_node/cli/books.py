# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Look at the node's books: accounts, holdings, transactions, inbox, proofs."""

from __future__ import annotations

import sys
from typing import Final

import click
from rich.markup import escape

from itmo.core.v1 import decision_pb2
from itmo.forms import number
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from registry_node.cli import showing
from registry_node.cli.session import Session, as_tree, command, seconds_for

_SECONDS: Final = seconds_for(0)
_STATES: Final = tuple(name.removeprefix("STATE_") for name in decision_pb2.State.keys()[1:])


@click.command()
@click.option("--registry", default="", help="Only of this registry.")
@command
def accounts(session: Session, registry: str) -> None:
    """List accounts with what they hold."""
    request = api.ListAccountsRequest(registry=registry)
    answer = session.call(lambda stub: stub.ListAccounts(request, timeout=_SECONDS))

    def table() -> None:
        made = showing.table_of(
            "", "account", "type", "units", "reserved", "state", "held by",
            right=("units", "reserved"),
        )  # fmt: skip
        for row in answer.accounts:
            state = api.AccountState.Name(row.state).removeprefix("ACCOUNT_STATE_").lower()
            years = f" {row.ndc_period.first}-{row.ndc_period.last}" if row.ndc_period.first else ""
            made.add_row(
                row.account_id,
                f"{row.account_type}{years}",
                number(row.quantity),
                number(row.reserved_quantity),
                state,
                escape(row.entity) or "Party",
            )
        session.console.print(made)

    session.show(answer, table)


@click.command()
@click.argument("account", default="")
@command
def holdings(session: Session, account: str) -> None:
    """List the units in all accounts, or in one."""
    request = api.ListHoldingsRequest(account_id=account)
    answer = session.call(lambda stub: stub.ListHoldings(request, timeout=_SECONDS))

    def table() -> None:
        made = showing.table_of(
            "", "account", "units", "quantity", "vintage", "approach", "authorization",
            "first transferred", "reserved by", right=("quantity",),
        )  # fmt: skip
        for row in answer.holdings:
            known = row.block.attributes
            first = ("no", "yes")["FIRST_TRANSFERRED" in row.marks]
            made.add_row(
                row.account_id,
                f"{row.block.registry}:{row.block.first}-{row.block.last}",
                number(row.block.quantity),
                str(known.vintage or ""),
                escape(known.cooperative_approach),
                escape(known.authorization.id),
                first,
                row.reserved_by,
            )
        session.console.print(made)

    session.show(answer, table)


@click.command()
@command
def inbox(session: Session) -> None:
    """List the transfers that wait for you to accept or reject."""
    request = api.ListInboxRequest()
    answer = session.call(lambda stub: stub.ListInbox(request, timeout=_SECONDS))

    def table() -> None:
        if not answer.transactions:
            session.console.print("Nothing waits.")
            return
        showing.waiting(session.console, answer.transactions)

    session.show(answer, table)


@click.command("transactions")
@click.option("--state", type=click.Choice(_STATES, case_sensitive=False), help="Only this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--page", "page_token", default="", help="next_page_token of the page before.")
@command
def transaction_list(session: Session, state: str | None, limit: int, page_token: str) -> None:
    """List transactions, newest first."""
    request = api.ListTransactionsRequest(
        page_size=limit,
        page_token=page_token,
        state=decision_pb2.State.Value(f"STATE_{state.upper()}") if state else 0,  # type: ignore[arg-type]  # 0: any
    )
    answer = session.call(lambda stub: stub.ListTransactions(request, timeout=_SECONDS))

    def table() -> None:
        showing.transactions(session.console, "", answer.transactions)
        if answer.next_page_token:
            session.console.print(f"More with --page {answer.next_page_token}", style="dim")

    session.show(answer, table)


@click.command("transaction")
@click.argument("transaction_id")
@click.option("--all-checks", is_flag=True, help="Show passed checks too.")
@command
def one_transaction(session: Session, transaction_id: str, all_checks: bool) -> None:
    """Show one transaction: where it stands, what was said, and each check that did not pass."""
    request = api.GetTransactionRequest(transaction_id=transaction_id)
    answer = session.call(lambda stub: stub.GetTransaction(request, timeout=_SECONDS))

    def table() -> None:
        row, console = answer.transaction, session.console
        console.print(f"{showing.type_of(row)} {row.transaction_id}: {showing.state_of(row)}")
        console.print(f"  from   {row.from_account}  ({row.from_registry})", markup=False)
        console.print(f"  to     {row.to_account}  ({row.to_registry})", markup=False)
        console.print(
            f"  units  {number(row.quantity)}: {showing.blocks(row.blocks)}", markup=False
        )
        for mark in row.marks:
            console.print(f"  {mark.replace('_', ' ').lower()}", markup=False)
        if row.HasField("deadline"):
            console.print(f"  times out {showing.time_of(row.deadline)}")
        if row.note:
            console.print(f"  note   {row.note}", markup=False)
        if row.HasField("refusal"):
            showing.refusal(console, row.refusal)
        _history(session, answer)
        showing.findings(console, row.findings, row.remedies, every=all_checks)

    session.show(answer, table)


def _history(session: Session, answer: api.GetTransactionResponse) -> None:
    made = showing.table_of("", "when", "what", "by", "effect")
    for entry in answer.history:
        effect = ""
        if entry.HasField("refusal"):
            effect = f"[red]{escape(entry.refusal.code)}[/red] {escape(entry.refusal.found)}"
        made.add_row(showing.time_of(entry.time), entry.kind, escape(entry.node), effect)
    session.console.print(made)


@click.command()
@command
def verify(session: Session) -> None:
    """Verify everything stored; exit code 1 when something does not hold.

    Every message and receipt from its stored bytes; then own messages and deliveries are applied
    again to an empty store, and must make the same books. Works whether the node runs or not.
    """
    answer, has_head = _verified(session)
    problems = [
        f"{each.transaction_id or each.payload_hash}: {each.code} {each.found}"
        if each.transaction_id or each.payload_hash
        else each.found
        for each in answer.problems
    ]

    def table() -> None:
        for problem in problems:
            session.console.print(problem, markup=False, style="red")
        colour, said = (
            ("red", "Something does not hold.") if problems else ("green", "Everything holds.")
        )
        session.console.print(f"[{colour}]{said}[/{colour}]")
        session.console.print(f"  proofs    {answer.valid} of {answer.checked} valid")
        session.console.print(f"  problems  {len(problems)}")
        if not has_head:
            session.console.print(
                "There is no head beside the store: whether later commits were acknowledged cannot"
                " be told from here."
            )

    session.show({"ok": not problems, **as_tree(answer)}, table)
    if problems:
        sys.exit(Exit.REFUSED)


def _verified(session: Session) -> tuple[api.VerifyReceiptsResponse, bool]:
    """What the running node finds, or what is found here when none runs; whether there is a head."""
    request = api.VerifyReceiptsRequest()
    try:
        answer = session.call(lambda stub: stub.VerifyReceipts(request, timeout=600))
    except ProtocolError as error:
        if error.reason is not Reason.PROGRAM_NOT_RUNNING:
            raise
        return _verified_here(session)
    return answer, True  # else it would not serve


def _verified_here(session: Session) -> tuple[api.VerifyReceiptsResponse, bool]:
    from itmo.runtime.db.head import head_path
    from registry_node.api.writing import verified
    from registry_node.app import DATABASE, verify_stored
    from registry_node.settings import load

    settings = load(session.folder)
    answer = verified(verify_stored(settings))
    return answer, head_path(settings.node.data_dir / DATABASE).exists()


COMMANDS: Final = (
    accounts,
    holdings,
    inbox,
    transaction_list,
    one_transaction,
    verify,
)
