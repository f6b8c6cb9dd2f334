# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both sides of a transfer have one and the same record."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import name, number
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE


def _applies(case: LotCase) -> bool:
    proposed = case.proposed
    return proposed.type is TransactionType.TRANSFER and proposed.between_registries


def _run(case: LotCase) -> Failure | None:
    stated, source, target = case.proposed, case.from_account, case.to_account
    if case.from_registry is None or case.to_registry is None:
        return unknown("one side of the transfer is a registry that is not known")
    if source is None or target is None:
        return unknown("one side of the transfer is an account that is not known")
    wrong = []
    if source.registry != stated.from_registry or target.registry != stated.to_registry:
        wrong.append("an account that does not belong to the registry of its side")
    if source.non_ghg_metric != target.non_ghg_metric:
        wrong.append(
            f"the metric {_metric(source.non_ghg_metric)} on one side and"
            f" {_metric(target.non_ghg_metric)} on the other"
        )
    declared = [block.declared_quantity for block in stated.blocks]
    if declared and None not in declared and not case.gap:
        total = sum(lot.quantity for lot in case.lots)
        claimed = sum(quantity for quantity in declared if quantity is not None)
        if claimed != total:
            wrong.append(f"{number(claimed)} units declared and {number(total)} units moved")
    if wrong:
        return Failure(f"the two sides would record different things: {'; '.join(wrong)}")
    return unknown(f"cannot be judged: {case.gap}") if case.gap else None


def _metric(named: str) -> str:
    return name(named) if named else "greenhouse gases"


CHECK: Final[Check[LotCase]] = Check(
    id="TX_TWO_SIDES",
    title="Both sides of a transfer have one and the same record",
    category=Category.TRANSFER,
    citation="6/CMA.4 annex I para 39; checks IPC01, DR03",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers between two registries",
    remedy=("Make accounts, registries, metric and quantities fit each other, then propose again."),
    applies=_applies,
    run=_run,
)
