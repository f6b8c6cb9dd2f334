# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Findings of a signed verdict, with what the rulebook says to do about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.rulebook.check import PASSED_OR_NOT, Outcome, Rule, Severity
from broker.store import catalogues
from itmo.core.v1 import decision_pb2
from itmo.findings import begun_in, findings_of, read_catalogue, stated_of
from itmo.runtime.db.connection import Connection

Checks = Mapping[str, Rule]
"""Checks by their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A check's outcome as the verdict states it; title and remedy are the rulebook's of today."""

    check_id: str
    title: str
    category: str
    outcome: Outcome
    severity: Severity
    citation: str
    found: str
    remedy: str
    conflicting_transaction_id: str

    @property
    def holds(self) -> bool:
        """True when the rule holds or does not concern the transaction."""
        return self.outcome in PASSED_OR_NOT


def findings_about(
    connection: Connection,
    verdict: decision_pb2.Verdict,
    transaction_id: str,
    checks: Checks,
) -> tuple[FindingView, ...]:
    """The findings about one transaction, in catalogue order; none where it is not judged here.

    Those of a transition's other rulebook follow.

    Args:
        connection: Keeps the catalogues, by which a verdict is restored that states less.
        verdict: The verdict.
        transaction_id: The transaction.
        checks: Those of the regimes in force, for titles and remedies.
    """
    for result in verdict.results:
        if result.transaction_id == transaction_id:
            stated = [
                *_restored(connection, verdict, result),
                *(
                    finding
                    for other in begun_in(result)
                    for finding in _restored(connection, other, other.results[0])
                ),
            ]
            return tuple(_finding(written, checks.get(written.check_id)) for written in stated)
    return ()


def _restored(
    connection: Connection, verdict: decision_pb2.Verdict, result: decision_pb2.TransactionVerdict
) -> Sequence[decision_pb2.Finding]:
    content = catalogues.catalogue(connection, verdict.rulebook_digest)
    if content is None:
        return stated_of(verdict, result).findings
    return findings_of(verdict, result, read_catalogue(content, verdict.rulebook_digest))


def _finding(written: decision_pb2.Finding, check: Rule | None) -> FindingView:
    return FindingView(
        check_id=written.check_id,
        title=check.title if check else "",
        category=check.category.value if check else "",
        outcome=Outcome(_name(decision_pb2.Outcome.Name(written.outcome))),
        severity=Severity(_name(decision_pb2.Severity.Name(written.severity))),
        citation=written.citation,
        found=written.found,
        remedy=check.remedy if check else "",
        conflicting_transaction_id=written.conflicting_transaction_id,
    )


def _name(written: str) -> str:
    return written.partition("_")[2]
