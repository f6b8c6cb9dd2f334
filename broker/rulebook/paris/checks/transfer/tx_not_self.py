# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transfer has two different sides."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, over
from broker.rulebook.paris.lots import Lot


def _applies(case: LotCase) -> bool:
    return case.proposed.type is TransactionType.TRANSFER


def _run(case: LotCase) -> Failure | None:
    stated = case.proposed
    if stated.from_account == stated.to_account:
        return Failure(f"the transfer leads from {name(stated.from_account)} to the same account")
    source, target = case.from_registry, case.to_registry
    if source is None or target is None:
        return unknown("the Party of a registry is not known")
    if stated.between_registries and source.registry == target.registry:
        return Failure(
            f"registries {name(stated.from_registry)} and {name(stated.to_registry)} are one and"
            " the same"
        )
    if stated.first_transfer is not True:
        return None
    return over(case, _lot)


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if lot.international:
        return None
    if not lot.giver or not lot.taker:
        return unknown("the Party of a registry is not known")
    return Failure(
        f"the transfer of {units(lot)} is claimed to be a first transfer but stays with"
        f" {name(lot.giver)}; expected two different Parties"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="TX_NOT_SELF",
    title="A transfer has two different sides",
    category=Category.TRANSFER,
    citation="2/CMA.3 annex para 2",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=(
        "transfers; within one registry or one Party they are legal, but never a first transfer"
    ),
    remedy="Name another account as target; claim a first transfer only towards another Party.",
    applies=_applies,
    run=_run,
)
