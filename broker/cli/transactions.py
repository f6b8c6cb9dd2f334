# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions: listed, and one explained as to the administrator of a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from broker.adjustments.entries import unit_of
from broker.cli.session import session
from itmo.lifecycle import State
from itmo.quantity import signed
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen
from itmo.stated_words import in_a_line, in_lines

if TYPE_CHECKING:
    from broker.reports.explanation import Explanation, VerdictView
    from broker.reports.transactions import TransactionView
    from broker.reports.verdicts import FindingView

_LIMIT: Final = 50


@click.command()
@click.option(
    "--state", type=click.Choice(list(State), case_sensitive=False), help="Only in this state."
)
@click.option("--registry", metavar="ID", help="Only with this registry on one side.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=_LIMIT, show_default=True)
def transactions(state: State | None, registry: str | None, limit: int) -> None:
    """Lists transactions, newest first."""
    from broker.reports import transactions as report
    from itmo.forms import moment, number
    from itmo.identifiers import parse_registry_id

    run = session()
    side = None if registry is None else parse_registry_id(registry, "--registry")
    with run.reader() as connection:
        found = report.transactions(connection, limit, registry=side, state=state)

    def text(screen: Screen) -> None:
        screen.table(
            ("transaction", "type", "state", "from", "to", "quantity", "proposed", "changed"),
            [
                (
                    v.transaction_id,
                    v.type,
                    str(v.state),
                    v.from_registry,
                    v.to_registry,
                    number(v.quantity),
                    moment(v.proposed_at),
                    moment(v.updated_at),
                )
                for v in found
            ],
            numbers=["quantity"],
            empty="no such transaction",
        )

    run.show({"transactions": found}, text)


@click.command()
@click.argument("transaction_id", metavar="ID")
@click.option("--all", "every", is_flag=True, help="Show the checks that passed, too.")
def transaction(transaction_id: str, every: bool) -> None:  # click's signature
    """Explains a transaction: who did what and when, what was checked, booked and signed."""
    from broker.known_regimes import ALL_REGIMES
    from broker.reports.explanation import explain
    from broker.reports.transactions import meant
    from itmo.identifiers import parse_transaction_id

    run = session()
    with run.reader() as connection:
        wanted = parse_transaction_id(meant(connection, transaction_id), "ID")
        found = explain(connection, wanted, ALL_REGIMES.checks)
    if found is None:
        raise ProtocolError(
            Reason.TRANSACTION_UNKNOWN,
            f"There is no transaction {wanted}.",
            transaction_id=wanted,
        )
    run.show(found, lambda screen: _explain(screen, found, every=every))


def _explain(screen: Screen, found: Explanation, *, every: bool) -> None:
    _what(screen, found)
    _life_cycle(screen, found)
    _blocks(screen, found)
    if found.verdict is not None:
        _checks(screen, found.verdict, found.winners, every=every)
    _booked(screen, found)
    _said(screen, found)


def _what(screen: Screen, found: Explanation) -> None:
    from itmo.forms import moment, number

    t = found.transaction
    cause = f" ({t.termination_cause})" if t.termination_cause else ""
    screen.line(f"{t.type} {t.transaction_id}", "bold")
    screen.facts(
        [
            ("state", f"{t.state}{cause}"),
            ("from", f"{t.from_registry}, account {t.from_account}, proposed by {t.proposer_node}"),
            (
                "to",
                f"{t.to_registry}, account {t.to_account}"
                + (f", to be accepted by {t.receiver_node}" if t.receiver_node else ""),
            ),
            ("quantity", number(t.quantity)),
            ("marks", " ".join(t.marks)),
            ("completion", t.completion),
            ("deadline", moment(t.deadline)),
            *in_lines(found.content.terms),
            ("note", found.content.note),
        ]
    )
    if found.archived:
        screen.line(found.archived, "yellow")


def _life_cycle(screen: Screen, found: Explanation) -> None:
    from itmo.forms import moment

    screen.heading("Life cycle")
    screen.table(
        ("when", "move", "by", "decision"),
        [
            (
                moment(move.at),
                f"{move.from_state} -> {move.to_state}",
                f"{move.actor.lower()} {move.node}" + (", in advance" if move.in_advance else ""),
                move.log_index,
            )
            for move in found.moves
        ],
        numbers=["decision"],
    )
    for said in found.said:
        if said.reason and said.effective:
            screen.line(f"{said.sender_node} gave as reason: {said.reason}")
        elif said.reason:
            screen.line(f"decision {said.log_index} took no effect: {said.reason}")


def _blocks(screen: Screen, found: Explanation) -> None:
    from broker.rulebook.general.proposal import UnitRole
    from itmo.forms import number

    screen.heading("Blocks")
    screen.table(
        ("units", "quantity", "attributes"),
        [
            (
                f"{block.registry}:{block.first}-{block.last}"
                + (", only named" if block.role is UnitRole.NAMED else ""),
                number(block.last - block.first + 1),
                in_a_line(block.attributes) or None,
            )
            for block in found.content.blocks
        ],
        numbers=["quantity"],
    )


def _checks(
    screen: Screen,
    verdict: VerdictView,
    winners: dict[str, TransactionView | None],
    *,
    every: bool,
) -> None:
    from broker.rulebook.check import Outcome

    screen.heading("Checks")
    broken = [finding for finding in verdict.findings if not finding.holds]
    for finding in broken:
        _failed(screen, finding, winners)
    passed = [each for each in verdict.findings if each.outcome is Outcome.PASSED]
    other = len(verdict.findings) - len(broken) - len(passed)
    screen.line(f"{len(passed)} checks passed, {other} do not concern this transaction.")
    if every:
        screen.table(
            ("check", "outcome", "title", "citation"),
            [
                (each.check_id, str(each.outcome), each.title, each.citation)
                for each in verdict.findings
                if each.holds
            ],
        )


def _failed(
    screen: Screen, finding: FindingView, winners: dict[str, TransactionView | None]
) -> None:
    from itmo.forms import moment

    style = "red" if finding.severity == "ERROR" else "yellow"
    screen.line(f"{finding.severity} {finding.check_id}: {finding.title}", style)
    conflict = ""
    if finding.conflicting_transaction_id:
        winner = winners.get(finding.conflicting_transaction_id)
        conflict = finding.conflicting_transaction_id
        if winner is not None:
            conflict += (
                f", a {winner.type} from {winner.from_registry} to {winner.to_registry} that is"
                f" {winner.state} since {moment(winner.updated_at)}"
            )
    screen.facts(
        [
            ("  outcome", finding.outcome),
            ("  found", finding.found),
            ("  rule", finding.citation),
            ("  in the way", conflict),
            ("  what to do", finding.remedy),
        ]
    )


def _booked(screen: Screen, found: Explanation) -> None:
    screen.heading("Adjustments booked")
    screen.table(
        ("Party", "year", "quantity", "metric", "for", "units"),
        [
            (
                each.party,
                each.year,
                signed(each.quantity),
                unit_of(each.metric),
                each.kind,
                f"{each.registry}:{each.first}-{each.last}",
            )
            for each in found.adjustments
        ],
        numbers=["quantity", "year"],
    )


def _said(screen: Screen, found: Explanation) -> None:
    screen.heading("Signed")
    screen.table(
        ("decision", "what", "by", "id", "SHA-256 of the payload"),
        [
            (each.log_index, each.kind, each.sender_node, each.message_id, each.payload_hash.hex())
            for each in found.said
        ],
        numbers=["decision"],
    )
    if found.verdict is not None:
        screen.line(f"judged under the rulebook {found.verdict.rulebook_digest.hex()}")
