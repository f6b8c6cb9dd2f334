# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The toy's checks in the order in which they are judged: shared ones, and one of its own."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Final

from broker.rulebook.check import Check, Rules, listed
from broker.rulebook.general.checks.account import (
    acc_exists,
    acc_final_no_exit,
    acc_issue_self,
    acc_to_matches_action,
)
from broker.rulebook.general.checks.message import msg_clock, msg_sender_is_from_registry
from broker.rulebook.general.checks.registry import reg_exists, reg_operational
from broker.rulebook.general.checks.transfer import tx_one_rulebook
from broker.rulebook.general.checks.unit import (
    id_known_and_held,
    id_locked,
    id_no_overlap_issue,
    id_one_account,
    id_range_order,
    id_reconciled,
)
from broker.rulebook.general.checks.workflow import (
    rev_fits_transfer,
    state_legal,
    state_reversal_agreed,
    state_timeout_24h,
)
from broker.rulebook.general.described import catalogue_of
from tests.kit.toy import toy_issue_allowed
from tests.kit.toy.case import ToyCase

VERSION: Final = "toy 1"
_SHARED: Final = (
    msg_sender_is_from_registry, msg_clock, reg_exists, reg_operational, acc_exists,
    acc_to_matches_action, acc_issue_self, acc_final_no_exit, id_range_order, id_no_overlap_issue,
    id_known_and_held, id_one_account, id_locked, id_reconciled, tx_one_rulebook, state_legal, state_timeout_24h,
    state_reversal_agreed, rev_fits_transfer,
)  # fmt: skip
CHECKS: Final[tuple[Check[ToyCase], ...]] = (
    *(listed(each.CHECK, "tests/kit/toy", date(2000, 1, 1)) for each in _SHARED),
    toy_issue_allowed.CHECK,
)
RULES: Final = Rules(CHECKS)
AGAIN: Final = Rules(tuple(each for each in CHECKS if each.id == "ID_RECONCILED"))
CATALOGUE: Final = catalogue_of(VERSION, (), CHECKS)
DIGEST: Final = sha256(CATALOGUE).digest()
