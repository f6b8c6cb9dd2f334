# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What authorizations are of: kinds, elements, timing; names of itmo.core.v1 without the prefix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AuthorizationKind(StrEnum):
    """What an authorization authorizes (2/CMA.3 annex paras 1(d), 18; three kinds)."""

    COOPERATIVE_APPROACH = "COOPERATIVE_APPROACH"
    USE = "USE"
    ENTITIES = "ENTITIES"


class AuthorizationTiming(StrEnum):
    """By when units are authorized (7/CMA.4 synthesis report, paras 24-28).

    Counted from their issuance, or from the registration of their activity.
    """

    ANY_TIME = "ANY_TIME"
    BEFORE_ISSUANCE = "BEFORE_ISSUANCE"
    UP_TO_ISSUANCE = "UP_TO_ISSUANCE"
    BEFORE_REGISTRATION = "BEFORE_REGISTRATION"
    UP_TO_REGISTRATION = "UP_TO_REGISTRATION"


FROM_REGISTRATION: Final = frozenset(
    {AuthorizationTiming.BEFORE_REGISTRATION, AuthorizationTiming.UP_TO_REGISTRATION}
)
"""Timings that are counted from the registration of the units' activity."""


class RevocationGround(StrEnum):
    """On what ground an authorization is revoked (7/CMA.4 synthesis report, para 29)."""

    FRAUD = "FRAUD"
    CONDITION_MET = "CONDITION_MET"
    OTHER_EXTREME_CASE = "OTHER_EXTREME_CASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredUnits:
    """Of what units an authorization is (7/CMA.4 synthesis report, para 21(f)); empty: of any.

    Attributes:
        programmes: Crediting programmes behind them, by their names in common nomenclatures item 31.
        metric: A name of Metric.
    """

    programmes: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    activity_types: frozenset[str] = frozenset()
    metric: str = ""
    non_ghg_metric: str = ""


class AuthorizationElement(StrEnum):
    """Elements of an authorization, in the order of its letter.

    Source: 7/CMA.4 synthesis report, para 21.
    """

    KINDS = "KINDS"
    PARTY = "PARTY"
    ISSUING_BODY = "ISSUING_BODY"
    DATE = "DATE"
    AUTHORIZATION_ID = "AUTHORIZATION_ID"
    REGISTRATION_NUMBER = "REGISTRATION_NUMBER"
    COOPERATIVE_APPROACH = "COOPERATIVE_APPROACH"
    ACTIVITY_PARTICIPANTS = "ACTIVITY_PARTICIPANTS"
    ACTIVITY = "ACTIVITY"
    PURPOSES = "PURPOSES"
    OTHER_PURPOSES = "OTHER_PURPOSES"
    PARTIES = "PARTIES"
    ENTITIES = "ENTITIES"
    QUANTITY = "QUANTITY"
    METRIC = "METRIC"
    FIRST_TRANSFER_DEFINITION = "FIRST_TRANSFER_DEFINITION"
    YEARLY_QUANTITIES = "YEARLY_QUANTITIES"
    NDC_PERIODS = "NDC_PERIODS"
    VINTAGES = "VINTAGES"
    USE_YEARS = "USE_YEARS"
    TRACKING_REGISTRIES = "TRACKING_REGISTRIES"
    DURATION = "DURATION"
    UNDERLYING_SCHEMES = "UNDERLYING_SCHEMES"
    TERMS = "TERMS"
    POSSIBLE_CHANGES = "POSSIBLE_CHANGES"
    REVOCATION_CONDITIONS = "REVOCATION_CONDITIONS"
    BINDS_FIRST_TRANSFERRED = "BINDS_FIRST_TRANSFERRED"
    DOCUMENT = "DOCUMENT"
    ADDITIONAL_INFORMATION = "ADDITIONAL_INFORMATION"
    REVOKED = "REVOKED"
