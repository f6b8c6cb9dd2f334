# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What checks share: when they apply, and how one rule is put to every lot of a transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from broker.rulebook.check import Case, Failure, Severity
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.first_transfer import AUTHORIZED
from broker.rulebook.paris.lots import Lot

IN_FORCE: Final = date(2021, 1, 1)
"""The first day of the first implementation periods; mitigation counts from here on."""

LotTest = Callable[[Lot], bool]
LotRule = Callable[[Case, Lot], Failure | None]

_SHOWN: Final = 3
"""Failures told in full in one finding; the rest are counted."""


def unknown(found: str) -> Failure:
    """A check that cannot be judged, because data are missing."""
    return Failure(found, inconclusive=True)


# -- when a check applies -------------------------------------------------------------------------


def always(case: Case) -> bool:  # noqa: ARG001  # the shape of every `applies`
    """Every transaction."""
    return True


def issuing(case: Case) -> bool:
    """Issuances."""
    return case.facts.proposed.type is TransactionType.ISSUANCE


def moving(case: Case) -> bool:
    """Transactions of units that exist: transfers, uses, cancellations."""
    return case.facts.proposed.type is not TransactionType.ISSUANCE


def using(case: Case) -> bool:
    """Uses and cancellations."""
    return case.facts.proposed.type in {TransactionType.USE, TransactionType.CANCELLATION}


def uses_ndc(case: Case) -> bool:
    """Uses towards an NDC; also uses into an account that is not known, which may be one."""
    if case.facts.proposed.type is not TransactionType.USE:
        return False
    account = case.facts.to_account
    return account is None or account.account_type == AccountType.USE_NDC.value


def booking(case: Case) -> bool:
    """Transactions that book an adjustment."""
    return bool(case.accounting.entries)


def concerning(test: LotTest) -> Callable[[Case], bool]:
    """Transactions with a lot that the test finds, or with units that are not known."""

    def applies(case: Case) -> bool:
        return bool(case.gap) or has(case, test)

    return applies


def has(case: Case, test: LotTest) -> bool:
    """True when the test finds a lot of the transaction."""
    for lot in case.lots:  # noqa: SIM110  # hot path; a generator costs three times as much
        if test(lot):
            return True
    return False


# -- which lots -----------------------------------------------------------------------------------


def authorized(lot: Lot) -> bool:
    """Units that exist by an authorization; also where their kind is not known."""
    kind = lot.attributes.unit_type
    return kind is None or kind in AUTHORIZED


def not_yet_transferred(lot: Lot) -> bool:
    """Units that exist by an authorization and were not first transferred before."""
    return not lot.first_transferred and authorized(lot)


def not_cer(lot: Lot) -> bool:
    """Units other than certified emission reductions."""
    return lot.attributes.unit_type is not UnitType.CER


# -- one rule for every lot -----------------------------------------------------------------------


def over(case: Case, rule: LotRule, test: LotTest | None = None) -> Failure | None:
    """Puts a rule to every lot that the test finds, and makes one failure of what comes out.

    A broken rule outweighs missing data. Units in no lot make it inconclusive.
    """
    failures: list[Failure] | None = None
    for lot in case.lots:
        if test is None or test(lot):
            failure = rule(case, lot)
            if failure is not None:
                failures = failures or []
                failures.append(failure)
    if failures is None and not case.gap:
        return None
    return joined(failures or [], case.gap)


def joined(failures: list[Failure], gap: str = "") -> Failure | None:
    """One failure of several; None when there is neither a failure nor a gap."""
    broken = [failure for failure in failures if not failure.inconclusive]
    shown = broken or failures
    if not shown:
        return unknown(f"cannot be judged: {gap}") if gap else None
    texts = list(dict.fromkeys(failure.found for failure in shown))
    more = f"; and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    severities = {failure.severity for failure in shown}
    return Failure(
        "; ".join(texts[:_SHOWN]) + more,
        next((f.conflicting_transaction_id for f in shown if f.conflicting_transaction_id), ""),
        inconclusive=not broken,
        severity=Severity.ERROR if Severity.ERROR in severities else None,
    )
