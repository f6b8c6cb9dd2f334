# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An issuance names one account of the originating registry, every other transaction two."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always, issuing
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import name, names

_IN_PLACE: Final = frozenset(
    {
        TransactionType.ISSUANCE,
        TransactionType.CONVERSION,
        TransactionType.EXPIRY_DATE_CHANGE,
    }
)
"""What happens to units where they are, or come to be."""


def _run(case: Case) -> Failure | None:
    stated = case.proposed
    if stated.type is TransactionType.CARRY_OVER:
        return None  # some units stay, others move: its rulebook says which
    same = stated.from_account == stated.to_account
    if stated.type not in _IN_PLACE:
        if not same:
            return None
        return Failure(
            f"source and target are the same account {name(stated.from_account)}; expected two"
            f" accounts for {stated.type}"
        )
    if not same or stated.between_registries:
        what = "an issuance" if issuing(case) else f"a {stated.type}"
        return Failure(
            f"{what} from {name(stated.from_account)} to {name(stated.to_account)}; expected"
            " the same account of the same registry as source and target"
        )
    if not issuing(case) or not case.own_numbers:
        return None
    foreign = {b.registry for b in stated.blocks if b.registry != stated.to_registry}
    if foreign:
        return Failure(
            f"units of originating registry {names(foreign)} issued in registry"
            f" {name(stated.to_registry)}; expected the originating registry itself"
        )
    return None


CHECK: Final[Check[Case]] = Check(
    id="ACC_ISSUE_SELF",
    title=(
        "An issuance names one account of the originating registry, every other transaction two"
    ),
    category=Category.ACCOUNT,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy=(
        "In an issuance name one account of the originating registry twice; else name two accounts."
    ),
    applies=always,
    run=_run,
)
