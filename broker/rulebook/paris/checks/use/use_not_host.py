# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A host does not use its own units towards its NDC."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, has, not_cer, over, uses_ndc
from broker.rulebook.paris.lots import Lot


def _applies(case: LotCase) -> bool:
    return uses_ndc(case) and (bool(case.gap) or has(case, not_cer))


def _run(case: LotCase) -> Failure | None:
    if case.to_account is None:
        return unknown("the type of the target account is not known")
    return over(case, _lot, not_cer)


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if not lot.taker or not lot.host:
        return unknown("the using Party or the first transferring Party is not known")
    if lot.taker != lot.host:
        return None
    return Failure(
        f"{name(lot.host)} would use {units(lot)} towards its own NDC, and is their first"
        " transferring Party; expected another Party"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="USE_NOT_HOST",
    title="A host does not use its own units towards its NDC",
    category=ParisCategory.USE,
    citation="2/CMA.3 annex paras 7, 21(d)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="uses towards an NDC, other than of certified emission reductions",
    remedy="Leave the units unused; the mitigation counts in the host's own inventory already.",
    applies=_applies,
    run=_run,
)
