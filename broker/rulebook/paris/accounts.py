# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of an account."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.paris.years import YearSpan
from itmo.identifiers import PartyCode


class AccountRole(StrEnum):
    """What an account of the mechanism registry is for (7/CMA.4 annex I paras 32-33)."""

    PENDING = "PENDING"
    ADAPTATION_FUND = "ADAPTATION_FUND"
    MANDATORY_OMGE = "MANDATORY_OMGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParisAccount(AccountFacts):
    """An account, with what it was opened for."""

    ndc_period: YearSpan | None = None
    non_ghg_metric: str = ""
    entity: str = ""
    role: AccountRole | None = None
    party: PartyCode | None = None
    """Party that the account is tied to, where its registry is no Party's (7/CMA.4 annex I
    para 33); None elsewhere, and where it is not known."""
