# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What checks share: when they apply, and how several failures become one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from broker.rulebook.check import Failure, Severity, every_case
from broker.rulebook.general.blocks import Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.proposal import TransactionType

_SHOWN: Final = 3
"""Failures told in full in one finding; the rest are counted."""
_CROSSING: Final = frozenset(
    {TransactionType.ISSUANCE, TransactionType.TRANSFER, TransactionType.REVERSAL}
)
"""Not among them: what units of one registry are made into, in that registry."""


def unknown(found: str) -> Failure:
    """A check that cannot be judged, because data are missing."""
    return Failure(found, inconclusive=True)


# -- when a check applies -------------------------------------------------------------------------

always: Final = every_case
"""Every transaction; rules that apply to all are not asked."""


def issuing(case: Case) -> bool:
    """Issuances."""
    return case.proposed.type is TransactionType.ISSUANCE


def moving(case: Case) -> bool:
    """Transactions of units that exist."""
    return case.proposed.type is not TransactionType.ISSUANCE


def staying(case: Case) -> bool:
    """Transactions of units that exist, within one registry by their type."""
    return case.proposed.type not in _CROSSING


# -- many failures, one finding -------------------------------------------------------------------


def over_stored(case: Case, rule: Callable[[Case, Segment], Failure | None]) -> Failure | None:
    """Puts a rule to all stored units of the transaction, and makes one failure of what comes out.

    An issuance has none. A broken rule outweighs missing data; units that are not known make it
    inconclusive.
    """
    failures = []
    for block in case.blocks if moving(case) else ():
        for segment in block.segments:
            failure = rule(case, segment)
            if failure is not None:
                failures.append(failure)
    return joined(failures, gap_of(case))


def joined(failures: list[Failure], gap: str = "") -> Failure | None:
    """One failure of several; None when there is neither a failure nor a gap."""
    if not failures:
        return unknown(f"cannot be judged: {gap}") if gap else None
    broken = [failure for failure in failures if not failure.inconclusive]
    shown = broken or failures
    texts = list(dict.fromkeys(failure.found for failure in shown))
    more = f"; and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    severities = {failure.severity for failure in shown}
    return Failure(
        "; ".join(texts[:_SHOWN]) + more,
        next((f.conflicting_transaction_id for f in shown if f.conflicting_transaction_id), ""),
        inconclusive=not broken,
        severity=Severity.ERROR if Severity.ERROR in severities else None,
    )
