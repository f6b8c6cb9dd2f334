# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Authorizations: their kinds, elements and timing (names of itmo.paris.v1 without the prefix), and versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from broker.rulebook.paris.years import YearSpan
from itmo.frozen import quickly_made
from itmo.identifiers import AuthorizationId, CooperativeApproachId, PartyCode

Day: TypeAlias = date  # where a field of that name hides it


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


@dataclass(frozen=True, slots=True)
class PurposeQuantity:
    """How much may be used for any of some purposes."""

    purposes: frozenset[Purpose]
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationVersion:
    """One version of an authorization."""

    id: AuthorizationId
    version: int
    party: PartyCode
    cooperative_approach: CooperativeApproachId
    purposes: frozenset[Purpose]
    quantity: int | None
    parties: frozenset[PartyCode]
    entities: frozenset[str]
    vintages: YearSpan
    use_years: YearSpan | None
    definition: FirstTransferDefinition | None
    other_purposes: str
    date: date
    covers: CoveredUnits = field(default_factory=CoveredUnits)
    revoked: bool = False
    quantity_is_limit: bool = False
    binds_first_transferred: bool = False
    kinds: frozenset[AuthorizationKind] = frozenset(AuthorizationKind)
    yearly_quantities: Mapping[int, int] = field(default_factory=dict)
    purpose_quantities: tuple[PurposeQuantity, ...] = ()
    ndc_periods: tuple[YearSpan, ...] = ()
    start: Day | None = None
    end: Day | None = None
    permitted_changes: frozenset[AuthorizationElement] = frozenset()
    changed_elements: frozenset[AuthorizationElement] = frozenset()
    difference: str = ""
    revocation_reason: str = ""
    revocation_ground: RevocationGround | None = None
    elements: Mapping[AuthorizationElement, str] = field(default_factory=dict)
    """What the letter says under each element; two versions differ in what differs here."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationHistory:
    """All versions of one authorization, oldest first, and what was recorded under it."""

    versions: tuple[AuthorizationVersion, ...]
    issued_quantity: int = 0
    reserved_quantity: int = 0
    """Units of open issuances: validated, and not yet issued."""
    used: Mapping[Purpose, int] = field(default_factory=dict)  # or cancelled, by purpose

    @property
    def latest(self) -> AuthorizationVersion:
        """The version in force for units not yet first transferred."""
        return self.versions[-1]

    def version(self, number: int) -> AuthorizationVersion | None:
        """The version with that number."""
        return next((version for version in self.versions if version.version == number), None)
