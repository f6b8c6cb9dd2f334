# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The host's registry, or the mechanism registry, initiates the first transfer."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, using
from broker.rulebook.paris.looking import lots_first_transferred
from itmo.parties import MECHANISM_REGISTRY


def _applies(case: BookingCase) -> bool:
    return not using(case) and bool(case.accounting.first_transfer)


def _run(case: BookingCase) -> Failure | None:
    registry = case.from_registry
    if registry is None:
        return unknown("the Party of the sending registry is not known")
    if registry.party == MECHANISM_REGISTRY:
        return None
    failures = [
        Failure(
            f"{units(lot)} of {name(lot.host)} would be first transferred by registry"
            f" {registry.registry} of {registry.party}; expected a registry of {name(lot.host)}"
        )
        for lot in lots_first_transferred(case)
        if lot.host != registry.party
    ]
    return joined(failures, case.gap)


CHECK: Final[Check[BookingCase]] = Check(
    id="FT_ONLY_BY_HOST",
    title="The host's registry, or the mechanism registry, initiates the first transfer",
    category=ParisCategory.FIRST_TRANSFER,
    citation="2/CMA.3 annex para 2; 3/CMA.3 annex paras 58-60",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="first transfers by authorization, issuance or international transfer",
    remedy="Let the registry of the first transferring Party propose.",
    applies=_applies,
    run=_run,
)
