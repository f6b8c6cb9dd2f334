# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of Paris as a node is given them."""

from __future__ import annotations

from typing import Final

from registry_node.paris import account_terms, issuing, unit_notices
from registry_node.rules import Rules

PARIS: Final = Rules(
    fill=issuing.filled,
    check_account=account_terms.check_account,
    restate=unit_notices.restate,
)
