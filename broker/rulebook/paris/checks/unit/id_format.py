# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are identified by five well-formed parts."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.forms import is_party, is_registry
from broker.rulebook.general.judging import always, joined
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import name, number
from broker.rulebook.paris.attributes import Attributes, UnitType
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.proposal import ParisProposedBlock
from broker.rulebook.paris.view import canonical_approach
from itmo.vintage import FIRST_VINTAGE, LAST_VINTAGE

_FIRST_YEAR: Final = 2000
"""Certified emission reductions carry years before 2021; the mechanism they come from began here."""


def _run(case: ParisCase) -> Failure | None:
    blocks = case.proposed.blocks
    if not blocks:
        return Failure("the proposal has no block; expected 1 or more")
    issuance = case.proposed.type is TransactionType.ISSUANCE
    failures = [_block(place, block, issuance=issuance) for place, block in enumerate(blocks, 1)]
    return joined([failure for failure in failures if failure is not None])


def _block(place: int, block: ParisProposedBlock, *, issuance: bool) -> Failure | None:
    wrong = []
    if not is_registry(block.registry):
        wrong.append(f"originating registry {name(block.registry)}")
    stated = block.attributes
    if stated is None:
        if issuance:
            wrong.append("no attributes")
    else:
        wrong += _parts(stated, all_of_them=issuance)
    if not wrong:
        return None
    return Failure(
        f"block {place} has {', '.join(wrong)}; expected parts such as those of"
        " CA000003-THA01-THA-1-2022"
    )


def _parts(stated: Attributes, *, all_of_them: bool) -> list[str]:
    wrong = []
    approach, party, year = (
        stated.cooperative_approach,
        stated.first_transferring_party,
        stated.vintage,
    )
    if (approach or all_of_them) and not canonical_approach(approach):
        wrong.append(f"cooperative approach {name(approach)}")
    if (party or all_of_them) and not is_party(party):
        wrong.append(f"first transferring Party {name(party)}")
    earliest = _FIRST_YEAR if stated.unit_type is UnitType.CER else FIRST_VINTAGE
    if (year or all_of_them) and not (type(year) is int and earliest <= year <= LAST_VINTAGE):
        wrong.append(f"vintage {number(year)}")
    return wrong


CHECK: Final[Check[ParisCase]] = Check(
    id="ID_FORMAT",
    title="Units are identified by five well-formed parts",
    category=Category.UNIT,
    citation="6/CMA.4 annex I para 5",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction; outside issuances the parts that are given",
    remedy=(
        "Give cooperative approach, originating registry, first transferring Party, "
        "serials, vintage."
    ),
    applies=always,
    run=_run,
)
