# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables and colours for people. Nothing here decides anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from itmo import forms
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2, units_pb2
from itmo.payloads import moment
from itmo.reasons import Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from registry_node.cli.session import Session

_COLOURS: Final = {
    "COMPLETED": "green",
    "VALIDATED": "cyan",
    "ACCEPTED": "cyan",
    "PROPOSED": "yellow",
    "INVALIDATED": "red",
    "REJECTED": "red",
    "TERMINATED": "red",
    "PASSED": "green",
    "FAILED": "red",
    "INCONCLUSIVE": "red",
    "NOT_APPLICABLE": "dim",
}
_BROKEN: Final = (decision_pb2.OUTCOME_FAILED, decision_pb2.OUTCOME_INCONCLUSIVE)
_SHOWN_BLOCKS: Final = 3


def coloured(name: str) -> str:
    """A state or outcome in its colour."""
    colour = _COLOURS.get(name)
    return f"[{colour}]{name}[/{colour}]" if colour else name


def state_of(row: api.Transaction) -> str:
    """Where a transaction stands, in a word."""
    if taken_back(row.refusal):
        return "WITHDRAWN, never sent"
    if row.HasField("refusal"):
        return "[red]NOT TAKEN IN[/red]"
    text = coloured(decision_pb2.State.Name(row.state).removeprefix("STATE_"))
    if row.termination_cause:
        cause = decision_pb2.TerminationCause.Name(row.termination_cause)
        text += f" ({cause.removeprefix('TERMINATION_CAUSE_').lower().replace('_', ' ')})"
    return f"{text}: {escape(row.reason)}" if row.reason else text


def taken_back(found: decision_pb2.Refusal) -> bool:
    """Whether a message left the outbox before it was ever sent."""
    return found.code == Reason.WITHDRAWN_UNSENT


def type_of(row: api.Transaction) -> str:
    """What a transaction does, in a word."""
    return proposal_pb2.TransactionType.Name(row.type).removeprefix("TRANSACTION_TYPE_").lower()


def blocks(written: Iterable[units_pb2.UnitBlock]) -> str:
    """Blocks as they are written on the command line; a few of them."""
    listed = [f"{block.registry}:{block.first}-{block.last}" for block in written]
    more = f" and {len(listed) - _SHOWN_BLOCKS} more" if len(listed) > _SHOWN_BLOCKS else ""
    return ", ".join(listed[:_SHOWN_BLOCKS]) + more


def table_of(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def transactions(console: Console, title: str, rows: Iterable[api.Transaction]) -> None:
    """A list of transactions."""
    made = table_of(title, "transaction", "type", "from", "to", "units", "state", right=("units",))
    for row in rows:
        made.add_row(
            row.transaction_id,
            type_of(row),
            escape(row.from_account),
            escape(row.to_account),
            forms.number(row.quantity),
            state_of(row),
        )
    console.print(made)


def waiting(console: Console, rows: Iterable[api.Transaction]) -> None:
    """Offers that wait for a person, with what there is to decide on."""
    made = table_of(
        "Waiting for you", "transaction", "from", "to", "units", "serials", "until", "note",
        right=("units",),
    )  # fmt: skip
    for row in rows:
        made.add_row(
            row.transaction_id,
            escape(row.from_account),
            escape(row.to_account),
            forms.number(row.quantity),
            escape(blocks(row.blocks)),
            time_of(row.deadline) if row.HasField("deadline") else "",
            escape(row.note),
        )
    console.print(made)
    console.print(
        "`transaction ID` shows each check of the verdict; an ID may be shortened to its beginning or"
        " its end.",
        style="dim",
    )


def findings(
    console: Console,
    found: Iterable[decision_pb2.Finding],
    remedies: Iterable[decision_pb2.Remedy],
    *,
    every: bool,
) -> None:
    """Checks of a verdict: all of them, or those that did not pass, and what to do about these.

    Where checks failed, those that could not be judged are only counted: they follow from the rest.
    """
    broken = [each for each in found if each.outcome in _BROKEN]
    failed = [each for each in broken if each.outcome == decision_pb2.OUTCOME_FAILED]
    listed = list(found) if every else failed or broken
    if not listed:
        return
    made = table_of("Checks", "check", "outcome", "found", "source")
    for each in listed:
        outcome = decision_pb2.Outcome.Name(each.outcome).removeprefix("OUTCOME_")
        warning = each.severity == decision_pb2.SEVERITY_WARNING and each.outcome in _BROKEN
        conflict = each.conflicting_transaction_id
        made.add_row(
            escape(each.check_id),
            coloured(outcome) + (" (warning)" if warning else ""),
            escape(each.found) + (f" [dim]see {escape(conflict)}[/dim]" if conflict else ""),
            escape(each.citation),
        )
    console.print(made)
    _remedies(console, listed, remedies)
    if not every and len(listed) < len(broken):
        unjudged = len(broken) - len(listed)
        console.print(
            f"{unjudged} more could not be judged; see `transaction --all-checks`.", style="dim"
        )


def _remedies(
    console: Console,
    listed: Iterable[decision_pb2.Finding],
    remedies: Iterable[decision_pb2.Remedy],
) -> None:
    """What to do about each check that is listed and did not pass."""
    broken = {each.check_id for each in listed if each.outcome in _BROKEN}
    wanted = [each for each in remedies if each.check_id in broken]
    if not wanted:
        return
    made = table_of("What to do", "check", "remedy")
    for each in wanted:
        made.add_row(escape(each.check_id), escape(each.remedy))
    console.print(made)


def refusal(console: Console, found: decision_pb2.Refusal) -> None:
    """Why there is no effect, and what to do."""
    console.print(f"  {found.code}: {found.found}", markup=False)
    if found.remedy:
        console.print(f"  what to do: {found.remedy}", markup=False)


def status_of(written: statements_pb2.RegistryStatement) -> str:
    """How far a registry takes part, for people."""
    if written.status == statements_pb2.OPERATIONAL_STATUS_NON_OPERATIONAL:
        return "suspended"
    if written.status == statements_pb2.OPERATIONAL_STATUS_TRANSACTIONS_DISALLOWED:
        return "suspended for new proposals"
    return "taking part"


def time_of(stamp: object) -> str:
    """A time for people."""
    return forms.moment(moment(stamp, "time"))  # type: ignore[arg-type]  # a Timestamp


def outcome(session: Session, found: api.Outcome, done: str) -> None:
    """What came of a command, with each check that did not pass."""
    console = session.console
    row = found.transaction if found.HasField("transaction") else None
    about = f" {row.transaction_id}" if row is not None else ""
    if found.state == api.MESSAGE_STATE_PENDING:
        console.print(f"[yellow]Queued[/yellow]{about}; no decision known yet.")
        if found.HasField("hindrance"):
            console.print(
                f"  it waits: {found.hindrance.code}: {found.hindrance.found}", markup=False
            )
        return
    if taken_back(found.refusal):
        console.print(f"[green]{done}[/green]{about}; it was never sent.")
        return
    if found.state == api.MESSAGE_STATE_REFUSED:
        console.print(f"[red]Not taken in by the clearing-house[/red]{about}")
    elif found.effective:
        standing = f": {state_of(row)}" if row is not None else ""
        console.print(f"[green]{done}[/green]{about}{standing}")
    else:
        standing = f": {state_of(row)}" if row is not None else ""
        console.print(f"[red]No effect[/red]{about}{standing}")
    if found.HasField("refusal"):
        refusal(console, found.refusal)
    if row is not None:
        findings(console, row.findings, row.remedies, every=False)


def leave(found: api.Outcome, wait: float) -> None:
    """Leave with the exit code that stands for an outcome."""
    if found.state == api.MESSAGE_STATE_PENDING:
        sys.exit(Exit.UNREACHABLE if wait > 0 else Exit.DONE)
    done = found.effective or taken_back(found.refusal)
    sys.exit(Exit.DONE if done else Exit.REFUSED)
