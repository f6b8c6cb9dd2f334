# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs are forwarded to the registry of a Party by its letter."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import name, number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import forwarding, is_cer, units_by_activity
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, pieces_of


def _run(case: KyotoCase) -> Failure | None:
    taker = case.to_registry
    if taker is None:
        return unknown("the receiving registry is not known, so nor is its Party")
    found = []
    for host, activity in units_by_activity(filter(is_cer, pieces_of(case))):
        holds = case.letters.get((taker.party, host, activity))
        if not holds:
            state = "no letter" if holds is None else "a letter that was withdrawn"
            found.append(
                Failure(
                    f"{taker.party} has {state} for activity {name(host)} {number(activity)}; expected"
                    " one that holds"
                )
            )
    return joined(found, gap_of(case))


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CDM_LETTER",
    title="CERs are forwarded to the registry of a Party by its letter",
    category=KyotoCategory.CDM,
    citation="3/CMP.1 annex para 66; CDM Executive Board, twenty-fifth meeting, para 108",
    code="KP-FWD-APPROVAL",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers of CERs, tCERs and lCERs to the registry of a Party, but out of the Adaptation Fund's account",
    remedy="Let the operator state the Party's letter for the activity; without one they stay in the registry of the mechanism.",
    applies=forwarding,
    run=_run,
)
