# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that were retired, cancelled or used to replace others are named with what ended them."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, moving
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.proposal import UnitRole
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES
from broker.rulebook.kyoto.case import KyotoCase, KyotoSegment
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
)


def _run(case: KyotoCase) -> Failure | None:
    found = [
        _ended(each)
        for block in case.blocks
        if block.proposed.role is UnitRole.ACTS
        for each in block.segments
        if each.account_type in ACCOUNT_TYPES and ACCOUNT_TYPES[each.account_type].final
    ]
    return joined(found, gap_of(case))


def _ended(held: KyotoSegment) -> Failure:
    by = held.attributes.changed_by
    since = f", since transaction {by}" if by else ""
    return Failure(
        f"{units(held)} are in account {held.account_id} of type {held.account_type}, which no unit"
        f" leaves{since}",
        by,
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_UNITS_ENDED",
    title="No unit was retired, cancelled or used to replace another before",
    category=Category.UNIT,
    citation="13/CMP.1 annex para 42; Data Exchange Standards, general transaction checks",
    code="4011 KP-RETIRED-OR-CANCELLED",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions of units that exist",
    remedy="Choose other units; what has ended never moves again.",
    applies=moving,
    run=_run,
)
