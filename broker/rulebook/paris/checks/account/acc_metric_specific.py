# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units sit in accounts opened for their metric."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import always, unknown
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.attributes import Metric
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, over
from broker.rulebook.paris.lots import Lot


def _run(case: LotCase) -> Failure | None:
    if case.from_account is None or case.to_account is None:
        return unknown("the metric of the source or target account is not known")
    return over(case, _lot)


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    metric, named = lot.attributes.metric, lot.attributes.non_ghg_metric
    if metric is None or (metric is Metric.NON_GHG and not named):
        return unknown(f"the metric of {units(lot)} is not stated")
    wanted = named if metric is Metric.NON_GHG else ""
    for account in (case.from_account, case.to_account):
        if account is not None and account.non_ghg_metric != wanted:
            return Failure(
                f"{units(lot)} are measured in {_metric(wanted)}; account {account.account_id} was"
                f" opened for {_metric(account.non_ghg_metric)}"
            )
    return None


def _metric(named: str) -> str:
    return name(named) if named else "greenhouse gases"


CHECK: Final[Check[LotCase]] = Check(
    id="ACC_METRIC_SPECIFIC",
    title="Units sit in accounts opened for their metric",
    category=Category.ACCOUNT,
    citation="2/CMA.3 annex para 9",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Choose accounts that were opened for the metric of the units.",
    applies=always,
    run=_run,
)
