# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Allotments are disjoint parts of an issuance of the mechanism registry."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import name
from broker.rulebook.paris.accounts import AccountRole, ParisAccount
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.mechanism_issuance import mechanism_issuance
from broker.rulebook.paris.proposal import Allotment, AllotmentPurpose
from itmo.serials import SerialRange, merge

_ROLE_OF: Final = {
    AllotmentPurpose.SHARE_OF_PROCEEDS: AccountRole.ADAPTATION_FUND,
    AllotmentPurpose.OMGE: AccountRole.MANDATORY_OMGE,
}


def _applies(case: ParisCase) -> bool:
    return bool(case.proposed.allotments)


def _run(case: ParisCase) -> Failure | None:
    proposed = case.proposed
    if not mechanism_issuance(case):
        return Failure(
            f"a {proposed.type} in {name(proposed.to_registry)} states allotments; only issuances of"
            " the mechanism registry deduct shares, elsewhere they are a Party's own choice and"
            " transactions of their own"
        )
    issued = merge(b.range for b in proposed.blocks if b.range is not None)
    failures = [
        failure
        for each in proposed.allotments
        if (failure := _one(each, issued, case.allotment_accounts.get(each.account), case))
    ]
    ranges = sorted((each.first, each.last) for each in proposed.allotments)
    for (first, last), (start, end) in pairwise(ranges):
        if start <= last:
            failures.append(
                Failure(f"allotments {first}-{last} and {start}-{end} overlap; expected parts")
            )
    return joined(failures)


def _one(
    each: Allotment, issued: tuple[SerialRange, ...], account: ParisAccount | None, case: ParisCase
) -> Failure | None:
    wanted = each.range
    said = f"allotment {each.first}-{each.last} for {each.purpose}"
    # The runs are disjoint and in order: only the last one that begins before can hold it.
    at = bisect_right(issued, each.first, key=lambda run: run.first) - 1
    if wanted is None or at < 0 or not issued[at].contains(wanted):
        return Failure(f"{said} lies outside the units issued")
    if account is None:
        return unknown(f"{said} names account {name(each.account)}, which is not known")
    if account.closed or account.registry != case.proposed.to_registry:
        return Failure(f"{said} names {account.account_id}, no open account of the registry")
    role = _ROLE_OF[each.purpose]
    if account.role is not role:
        return Failure(
            f"{said} names {account.account_id} of role {account.role or 'none'}; expected {role}"
        )
    return None


CHECK: Final[Check[ParisCase]] = Check(
    id="A64_ALLOTMENTS_FIT",
    title="Allotments are disjoint parts of an issuance of the mechanism registry",
    category=ParisCategory.MECHANISM,
    citation="3/CMA.3 annex paras 58-59; 2/CMA.3 annex paras 37, 39",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that state allotments",
    remedy=(
        "Allot parts of the units issued, each once, to the accounts opened for them; elsewhere none."
    ),
    applies=_applies,
    run=_run,
)
