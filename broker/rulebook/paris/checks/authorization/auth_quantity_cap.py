# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No more units are issued than are authorized."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import issuing, joined
from broker.rulebook.general.sharing import BOTH_SIDES
from broker.rulebook.general.wording import number
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, has
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.wording import letter


def _applies(case: BookingCase) -> bool:
    if not issuing(case) and not case.accounting.first_transfer:
        return False
    return bool(case.gap) or has(case, authorized)


def _run(case: BookingCase) -> Failure | None:
    added: dict[tuple[str, str], int] = {}
    histories: dict[tuple[str, str], AuthorizationHistory] = {}
    failures = []
    for lot in case.lots:
        if not authorized(lot):
            continue
        if lot.history is None:
            failures.append(terms_missing(lot))
            continue
        latest = lot.history.latest
        key = (str(latest.party), str(latest.id))
        histories[key] = lot.history
        added[key] = added.get(key, 0) + (lot.quantity if issuing(case) else 0)
    for key, history in histories.items():
        failure = _cap(history, added[key] if issuing(case) else None)
        if failure is not None:
            failures.append(failure)
    return joined(failures, case.gap)


def _cap(history: AuthorizationHistory, added: int | None) -> Failure | None:
    """Whether an issuance adds too many units; None: nothing is added, a transfer is judged."""
    latest = history.latest
    # What waits to be issued is an issuance's business; a transfer moves what was issued.
    reserved = 0 if added is None else history.reserved_quantity
    total = history.issued_quantity + reserved + (added or 0)
    if latest.quantity is None or total <= latest.quantity:
        return None
    if added is None:
        told = f"{number(total)} units were issued under {letter(latest)}"
    else:
        waiting = f", {number(reserved)} by issuances that wait" if reserved else ""
        told = (
            f"{number(total)} units would be issued under {letter(latest)}, {number(added)} of them"
            f" by this transaction{waiting}"
        )
    return Failure(
        f"{told}; it authorizes {number(latest.quantity)}",
        severity=Severity.ERROR if latest.quantity_is_limit else Severity.WARNING,
    )


CHECK: Final[Check[BookingCase]] = Check(
    id="AUTH_QUANTITY_CAP",
    title="No more units are issued than are authorized",
    category=ParisCategory.AUTHORIZATION,
    citation="AEF table 2; UNFCCC ITMO API TransactionWarning example",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope=(
        "issuances and first transfers of authorized units; an error where the "
        "authorization says that its quantity is a limit"
    ),
    remedy="Issue fewer units, or have the authorized quantity raised.",
    applies=_applies,
    run=_run,
    # A warning in the secretariat's draft too. It tells both sides of an overrun that the host did
    # not forbid; where the host made the quantity a limit, the failure is an error and stands.
    protects=BOTH_SIDES,
)
