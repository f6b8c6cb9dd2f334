# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A legal entity takes part through an account that the registry of its Party opened for it."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Kept, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE

RULE: Final[Kept[KyotoCase]] = Kept(
    id="KP_ENTITY",
    title="A legal entity takes part through an account that the registry of its Party states",
    category=Category.ACCOUNT,
    citation="13/CMP.1 annex para 42",
    code="KP-ENTITY",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Let the registry of the Party that authorized the entity open its account, and close it when the authorization ends.",
    where="the statement of accounts, which a registry's own node makes and MSG_SENDER_IS_FROM_REGISTRY refuses to others",
)
