# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated of units agrees with the record, and is stated in full when they are issued."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import issuing, unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import name, names, number, units
from broker.rulebook.paris.approaches import ApproachFacts
from broker.rulebook.paris.attributes import Attributes, AuthorizationRef, Metric
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, over
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.underlying import given, standing_behind, underlying_range
from broker.rulebook.paris.view import canonical_approach
from itmo.underlying import UnderlyingRange

_FIELDS: Final = (
    ("unit_type", "unit type"),
    ("first_transferring_party", "first transferring Party"),
    ("vintage", "vintage"),
    ("authorization", "authorization"),
    ("metric", "metric"),
    ("non_ghg_metric", "non-GHG metric"),
    ("mitigation_type", "mitigation type"),
    ("sector", "sector"),
    ("activity_type", "activity type"),
    ("activity", "activity"),
    ("outside_ndc_scope", "outside the scope of the NDC"),
)
_MAY_BE_LEFT_OUT: Final = frozenset(
    {"authorization", "non_ghg_metric", "activity", "outside_ndc_scope"}
)
"""At issuance; the other attributes belong to every unit."""


def _applies(case: LotCase) -> bool:
    proposed = case.proposed
    if proposed.type is TransactionType.ISSUANCE:
        return True
    for block in proposed.blocks:  # noqa: SIM110  # hot path
        if block.attributes is not None:
            return True
    return False


def _run(case: LotCase) -> Failure | None:
    return over(case, _issued if issuing(case) else _moved)


def _moved(case: LotCase, lot: Lot) -> Failure | None:
    stated = case.blocks[lot.block - 1].proposed.attributes
    if stated is None:
        return None
    recorded = lot.attributes
    wrong = [
        f"{label} {_value(getattr(stated, field))} (recorded: {_value(getattr(recorded, field))})"
        for field, label in _FIELDS
        if getattr(stated, field) and getattr(stated, field) != getattr(recorded, field)
    ]
    approach = stated.cooperative_approach
    if approach and canonical_approach(approach) != recorded.cooperative_approach:
        wrong.append(
            f"cooperative approach {name(approach)}"
            f" (recorded: {name(recorded.cooperative_approach)})"
        )
    if given(stated.underlying) and not _within(
        underlying_range(stated.underlying), underlying_range(recorded.underlying)
    ):
        wrong.append("underlying units that are not those recorded")
    if stated.cer is not None and not _same_cer(stated, recorded):
        wrong.append("CER data that are not those recorded")
    return Failure(f"{units(lot)} are stated with {', '.join(wrong)}") if wrong else None


def _within(part: UnderlyingRange | None, whole: UnderlyingRange | None) -> bool:
    return part is not None and whole is not None and whole.contains(part)


def _same_cer(stated: Attributes, recorded: Attributes) -> bool:
    """True for the same CERs or some of them, however the serial is written."""
    if stated.cer is None or recorded.cer is None:
        return False
    as_recorded = replace(stated.cer, kyoto_serial=recorded.cer.kyoto_serial)
    return as_recorded == recorded.cer and _within(
        standing_behind(stated), standing_behind(recorded)
    )


def _issued(case: LotCase, lot: Lot) -> Failure | None:
    stated = lot.attributes
    missing = [
        label
        for field, label in _FIELDS
        if field not in _MAY_BE_LEFT_OUT and not getattr(stated, field)
    ]
    if (stated.metric is Metric.NON_GHG) != bool(stated.non_ghg_metric):
        missing.append("a non-GHG metric exactly where the metric is non-GHG")
    if missing:
        return Failure(f"{units(lot)} are to be issued without {', '.join(missing)}")
    approach = case.approaches.get(stated.cooperative_approach)
    if approach is None:
        return unknown(
            f"cooperative approach {name(stated.cooperative_approach)} is not known to the"
            " clearing-house"
        )
    return _against(lot, approach)


def _against(lot: Lot, approach: ApproachFacts) -> Failure | None:
    stated = lot.attributes
    wrong = []
    if (stated.metric, stated.non_ghg_metric) != (approach.metric, approach.non_ghg_metric):
        wrong.append(f"metric {_value(stated.metric)} {name(stated.non_ghg_metric)}")
    if approach.sectors and stated.sector not in approach.sectors:
        wrong.append(f"sector {name(stated.sector)} (listed: {names(approach.sectors)})")
    if approach.activity_types and stated.activity_type not in approach.activity_types:
        listed = names(approach.activity_types)
        wrong.append(f"activity type {name(stated.activity_type)} (listed: {listed})")
    if not wrong:
        return None
    return Failure(
        f"{units(lot)} do not agree with cooperative approach {approach.cooperative_approach}:"
        f" {', '.join(wrong)}"
    )


def _value(value: object) -> str:
    if isinstance(value, AuthorizationRef):
        return f"{name(value.id)} version {number(value.version)}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return name(str(value))
    return "none" if value is None else number(value)


CHECK: Final[Check[LotCase]] = Check(
    id="ID_IMMUTABLE_ATTRS",
    title=(
        "What is stated of units agrees with the record, and is stated in full when they are issued"
    ),
    category=Category.UNIT,
    citation="6/CMA.4 annex I paras 31, 33; checks II03-II05, II07",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances, and transactions with a block that states attributes",
    remedy=(
        "Issue units with every attribute, as their cooperative approach has them; afterwards leave "
        "attributes out or state them as recorded. Only a notice changes vintage or authorization."
    ),
    applies=_applies,
    run=_run,
)
