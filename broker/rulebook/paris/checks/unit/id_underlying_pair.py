# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Underlying units have a normal form, and are as many as the block has."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import issuing
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, each_lot
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.underlying import given, underlying_fault, underlying_range


def _applies(case: LotCase) -> bool:
    return issuing(case) and any(
        block.attributes is not None and block.attributes.underlying is not None
        for block in case.proposed.blocks
    )


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    stated = lot.attributes.underlying
    if stated is None or not given(stated):
        return None
    first, last = name(stated.first_unit_id), name(stated.last_unit_id)
    if not stated.registry or stated.registry == "NA":
        return Failure(f"{units(lot)} name underlying units {first} to {last} of no registry")
    behind = underlying_range(stated)
    if behind is None:
        return Failure(
            f"{units(lot)} name underlying units {first} to {last}: {underlying_fault(stated)}"
        )
    if behind.quantity != lot.quantity:
        return Failure(
            f"{units(lot)} are {number(lot.quantity)} units; the underlying units {first} to {last}"
            f" are {number(behind.quantity)}"
        )
    return None


CHECK: Final[Check[LotCase]] = Check(
    id="ID_UNDERLYING_PAIR",
    title="Underlying units have a normal form, and are as many as the block has",
    category=Category.UNIT,
    citation="consistency check II05",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances with a block that names underlying units",
    remedy=(
        "Give the programme, and first and last unit id as it writes them, or none of the three."
    ),
    applies=_applies,
    run=each_lot(_lot),
)
