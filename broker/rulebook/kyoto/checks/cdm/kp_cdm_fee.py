# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs leave the pending account as far as the share of proceeds for administration is paid."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import name, number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import issuing_cers, leaving_pending, units_by_activity
from broker.rulebook.kyoto.effects.counts import issued_to, left_pending
from broker.rulebook.kyoto.fees import IssuanceRequest, dollars, in_order, owed_for, paid_part
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, pieces_of

_Activity = tuple[str, int]


def _applies(case: KyotoCase) -> bool:
    return leaving_pending(case) or issuing_cers(case)


def _run(case: KyotoCase) -> Failure | None:
    rule = _issued if issuing_cers(case) else _leaving
    wanted = units_by_activity(pieces_of(case))
    found = [rule(case, activity, units) for activity, units in wanted.items()]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _leaving(case: KyotoCase, activity: _Activity, units: int) -> Failure | None:
    """Of what was asked for, a part of the money frees a part of the units."""
    requests, paid = case.requests.get(activity, ()), sum(case.payments.get(activity, ()))
    if not requests:
        return unknown(
            f"what was asked for of {_named(activity)} is not known, so nor what is owed"
        )
    count = case.count(left_pending(*activity))
    gone = count.quantity + count.reserved
    asked = sum(each.quantity for each in requests)
    if gone + units > asked:
        return Failure(
            f"{gone + units} units of {_named(activity)} would have left the pending account;"
            f" {asked} were asked for"
        )
    if gone + units <= (free := paid_part(requests, paid)):
        return None
    owed, whole = owed_for(requests, gone + units) - paid, owed_for(requests, asked) - paid
    return Failure(
        f"{units} units of {_named(activity)} would leave the pending account, of {free} paid for"
        f" {gone} have left it; {dollars(owed)} is owed for them, {dollars(whole)} for all"
    )


def _issued(case: KyotoCase, activity: _Activity, units: int) -> Failure | None:
    """Of requests that are paid for before, nothing is issued until all of it is paid."""
    requests = in_order(case.requests.get(activity, ()))
    count = case.count(issued_to(*activity))
    before = count.quantity + count.reserved
    reached = _reached(requests, before, before + units)
    if not any(each.paid_before for each in reached):
        return None
    upto = sum(each.quantity for each in requests[: requests.index(reached[-1]) + 1])
    owed = owed_for(requests, upto) - sum(case.payments.get(activity, ()))
    if owed <= 0:
        return None
    return Failure(
        f"request {reached[-1].number} of {_named(activity)} is dealt with when it is paid for;"
        f" {dollars(owed)} is owed"
    )


def _reached(requests: list[IssuanceRequest], before: int, after: int) -> list[IssuanceRequest]:
    """The requests under which units fall that are issued next."""
    found, start = [], 0
    for each in requests:
        if start < after and start + each.quantity > before:
            found.append(each)
        start += each.quantity
    return found


def _named(activity: _Activity) -> str:
    host, which = activity
    return f"activity {name(host)} {number(which)}"


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CDM_FEE",
    title="CERs leave the pending account as far as the share of proceeds for administration is paid",
    category=KyotoCategory.CDM,
    citation="7/CMP.1 para 37; CDM Executive Board, annual report of 2017, paras 31-34",
    code="KP-FEE-GATE",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=(
        "forwardings and voluntary cancellations out of the pending account; issuances on requests that"
        " are paid for before"
    ),
    remedy="Pay what is owed, or a part of it and move that part of the units.",
    applies=_applies,
    run=_run,
)
