# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regime of Article 6 of the Paris Agreement, as the engine asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from broker.regime.paris import judging
from broker.regime.regime import AccountType, Judgement
from broker.rulebook.check import Check
from broker.rulebook.paris import account_types
from broker.rulebook.paris.case import Facts
from broker.rulebook.paris.rulebook import CHECKS, DIGEST, VERSION
from itmo.core.v1 import proposal_pb2

ACCOUNT_TYPES: Final[Mapping[int, AccountType]] = {
    each.value: AccountType(
        number=each.value,
        title=each.title,
        final=each.final,
        listed=not each.final,
        entered_by=frozenset(kind.value for kind in each.entered_by),
    )
    for each in account_types.AccountType
}


class ParisRegime:
    """See `broker.regime.regime.Regime`."""

    name: Final = "paris"
    version: Final = VERSION
    digest: Final = DIGEST
    checks: Final[tuple[Check, ...]] = CHECKS
    account_types: Final = ACCOUNT_TYPES

    def judge(self, case: Facts, written: proposal_pb2.ProposedTransaction) -> Judgement:
        """See `Regime`."""
        return judging.judge(case, written)


PARIS: Final = ParisRegime()
