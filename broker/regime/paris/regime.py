# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regime of Article 6 of the Paris Agreement, as the engine asks for it."""

from __future__ import annotations

from typing import Final

from broker.regime.paris import judging
from broker.regime.paris.guards import GUARDS
from broker.regime.paris.statements import READERS, STATEMENTS
from broker.regime.regime import Judgement, Key
from broker.rulebook.check import Rule
from broker.rulebook.paris.account_types import ACCOUNT_TYPES
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.reporting.catalogue import REPORT_RULES
from broker.rulebook.paris.rulebook import CHECKS, DIGEST, VERSION
from itmo.core.v1 import proposal_pb2


class ParisRegime:
    """See `broker.regime.regime.Regime`."""

    name: Final = "paris"
    version: Final = VERSION
    digest: Final = DIGEST
    checks: Final[tuple[Rule, ...]] = CHECKS
    report_rules: Final = REPORT_RULES
    account_types: Final = ACCOUNT_TYPES
    guards: Final = GUARDS
    statements: Final = STATEMENTS

    def read(self, key: Key, payload: bytes) -> object:
        """See `Regime`."""
        return READERS[key.kind](payload)

    def judge(self, case: ParisCase, written: proposal_pb2.ProposedTransaction) -> Judgement:
        """See `Regime`."""
        return judging.judge(case, written)


PARIS: Final = ParisRegime()
