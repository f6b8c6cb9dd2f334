# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables and colours for people. Nothing here decides anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from itmo import forms
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2, units_pb2
from itmo.reasons import Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.registry.v1 import reconciliation_service_pb2 as reconciled
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from itmo.timestamps import moment

_BROKEN: Final = (decision_pb2.OUTCOME_FAILED, decision_pb2.OUTCOME_INCONCLUSIVE)
_SHOWN_BLOCKS: Final = 3


def state_of(row: api.Transaction) -> str:
    """Where a transaction stands, in a word."""
    if taken_back(row.refusal):
        return "WITHDRAWN, never sent"
    if row.HasField("refusal"):
        return "NOT TAKEN IN"
    text = decision_pb2.State.Name(row.state).removeprefix("STATE_")
    if row.termination_cause:
        cause = decision_pb2.TerminationCause.Name(row.termination_cause)
        text += f" ({cause.removeprefix('TERMINATION_CAUSE_').lower().replace('_', ' ')})"
    return f"{text}: {row.reason}" if row.reason else text


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


def transactions(screen: Screen, found: Iterable[api.Transaction]) -> None:
    """A list of transactions."""
    rows = [
        (
            row.transaction_id,
            type_of(row),
            row.from_account,
            row.to_account,
            forms.number(row.quantity),
            state_of(row),
        )
        for row in found
    ]
    names = ("transaction", "type", "from", "to", "units", "state")
    screen.table(names, rows, numbers=("units",))


def waiting(screen: Screen, found: Iterable[api.Transaction]) -> None:
    """Offers that wait for a person, with what there is to decide on."""
    rows = [
        (
            row.transaction_id,
            row.from_account,
            row.to_account,
            forms.number(row.quantity),
            blocks(row.blocks),
            time_of(row.deadline) if row.HasField("deadline") else "",
            row.note,
        )
        for row in found
    ]
    names = ("transaction", "from", "to", "units", "serials", "until", "note")
    screen.table(names, rows, numbers=("units",), title="Waiting for you")
    screen.line(
        "`transaction ID` shows each check of the verdict; an ID may be shortened to its beginning or"
        " its end.",
        "dim",
    )


def findings(
    screen: Screen,
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
    rows: list[tuple[object, ...]] = []
    for each in listed:
        outcome = decision_pb2.Outcome.Name(each.outcome).removeprefix("OUTCOME_")
        warning = each.severity == decision_pb2.SEVERITY_WARNING and each.outcome in _BROKEN
        conflict = each.conflicting_transaction_id
        rows.append(
            (
                each.check_id,
                outcome + (" (warning)" if warning else ""),
                each.found + (f" see {conflict}" if conflict else ""),
                each.citation,
            )
        )
    screen.table(("check", "outcome", "found", "source"), rows, title="Checks")
    _remedies(screen, listed, remedies)
    if not every and len(listed) < len(broken):
        unjudged = len(broken) - len(listed)
        screen.line(f"{unjudged} more could not be judged; see `transaction --all-checks`.", "dim")


def _remedies(
    screen: Screen,
    listed: Iterable[decision_pb2.Finding],
    remedies: Iterable[decision_pb2.Remedy],
) -> None:
    """What to do about each check that is listed and did not pass."""
    broken = {each.check_id for each in listed if each.outcome in _BROKEN}
    wanted = [each for each in remedies if each.check_id in broken]
    if not wanted:
        return
    rows: list[tuple[object, ...]] = [(each.check_id, each.remedy) for each in wanted]
    screen.table(("check", "remedy"), rows, title="What to do")


def refusal(screen: Screen, found: decision_pb2.Refusal) -> None:
    """Why there is no effect, and what to do."""
    screen.line(f"  {found.code}: {found.found}")
    if found.remedy:
        screen.line(f"  what to do: {found.remedy}")


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


def outcome(screen: Screen, found: api.Outcome, done: str) -> None:
    """What came of a command, with each check that did not pass."""
    row = found.transaction if found.HasField("transaction") else None
    about = f" {row.transaction_id}" if row is not None else ""
    if found.state == api.MESSAGE_STATE_PENDING:
        screen.line(f"Queued{about}; no decision known yet.", "yellow")
        if found.HasField("hindrance"):
            screen.line(f"  it waits: {found.hindrance.code}: {found.hindrance.found}")
        return
    if taken_back(found.refusal):
        screen.line(f"{done}{about}; it was never sent.", "green")
        return
    if found.state == api.MESSAGE_STATE_REFUSED:
        screen.line(f"Not taken in by the clearing-house{about}", "red")
    elif found.effective:
        standing = f": {state_of(row)}" if row is not None else ""
        screen.line(f"{done}{about}{standing}", "green")
    else:
        standing = f": {state_of(row)}" if row is not None else ""
        screen.line(f"No effect{about}{standing}", "red")
    if found.HasField("refusal"):
        refusal(screen, found.refusal)
    if row is not None:
        findings(screen, row.findings, row.remedies, every=False)


def leave(found: api.Outcome, wait: float) -> None:
    """Leaves with the exit status that stands for an outcome."""
    if found.state == api.MESSAGE_STATE_PENDING:
        sys.exit(Exit.UNREACHABLE if wait > 0 else Exit.DONE)
    done = found.effective or taken_back(found.refusal)
    sys.exit(Exit.DONE if done else Exit.REFUSED)


def books(each: reconciled.ReconciliationStanding) -> tuple[str, str]:
    """Returns how the books of a registry stand, in words, and the colour for it."""
    place = f"as of place {each.snapshot_index} of the log"
    if each.HasField("snapshot_time"):
        place += f", {time_of(each.snapshot_time)}"
    match each.result:
        case reconciled.RECONCILIATION_RESULT_AGREED:
            return f"{each.registry}: books and record agree, {place}", "green"
        case reconciled.RECONCILIATION_RESULT_DIFFERS:
            return f"{each.registry}: books and record differ, {place}", "red"
        case reconciled.RECONCILIATION_RESULT_REFUSED:
            return f"{each.registry}: not compared: {each.found}", "red"
        case reconciled.RECONCILIATION_RESULT_OPEN:
            begun = time_of(each.begin_time)
            return f"{each.registry}: being compared since {begun}", "yellow"
        case _:
            return f"{each.registry}: never compared", "yellow"
