# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is true of every unit of a block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnitType(StrEnum):
    """Kinds of unit (common nomenclatures item 53)."""

    ITMO = "ITMO"
    UNAUTHORIZED_A64ER = "UNAUTHORIZED_A64ER"
    MITIGATION_OUTCOME = "MITIGATION_OUTCOME"
    AMO = "AMO"
    CER = "CER"
    MCU = "MCU"


class Metric(StrEnum):
    """In what a mitigation outcome is measured."""

    GHG = "GHG"
    NON_GHG = "NON_GHG"


class MitigationType(StrEnum):
    """Kinds of mitigation (common nomenclatures item 36)."""

    EMISSION_REDUCTIONS = "EMISSION_REDUCTIONS"
    REMOVALS = "REMOVALS"
    EMISSION_REDUCTIONS_AND_REMOVALS = "EMISSION_REDUCTIONS_AND_REMOVALS"


@dataclass(frozen=True, slots=True)
class AuthorizationRef:
    """A version of an authorization."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Underlying:
    """Units of a crediting programme behind a block, as written."""

    registry: str
    first_unit_id: str
    last_unit_id: str


@dataclass(frozen=True, slots=True)
class Cer:
    """What only certified emission reductions carry."""

    kyoto_serial: str
    project_registration_date: str
    temporary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What is true of every unit of a block; None or "" where a proposer left it out.

    In stored segments every attribute that an issuance must state is present and canonical
    (cooperative approach in its six-digit form).
    """

    unit_type: UnitType | None = None
    cooperative_approach: str = ""
    first_transferring_party: str = ""
    vintage: int = 0
    authorization: AuthorizationRef | None = None
    metric: Metric | None = None
    non_ghg_metric: str = ""
    mitigation_type: MitigationType | None = None
    sector: str = ""
    activity_type: str = ""
    underlying: Underlying | None = None
    cer: Cer | None = None
    activity: str = ""
    outside_ndc_scope: bool = False
