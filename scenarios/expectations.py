# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a scenario expects at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from itmo.identifiers import PartyCode, RegistryId
from itmo.lifecycle import State
from scenarios.kyoto.model import KyotoExpectations


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitExpectation:
    """Where a unit is and what is true of it; None where nothing is expected."""

    registry: RegistryId
    serial: int
    account: str | None = None
    first_transferred: bool | None = None
    vintage: int | None = None
    locked: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of Parties, as they must have stood at some time."""

    adjustments: Mapping[PartyCode, Mapping[int, int]] = field(default_factory=dict)
    balances: Mapping[PartyCode, Mapping[int, float]] = field(default_factory=dict)
    averages: Mapping[PartyCode, Mapping[int, float]] = field(default_factory=dict)
    indicators: Mapping[PartyCode, Mapping[str, Mapping[int, float]]] = field(default_factory=dict)
    """Indicators after adjustment, by metric and year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations(Figures):
    """What must have come out at the end. The ledger invariants are always expected to hold."""

    holdings: Mapping[str, int] = field(default_factory=dict)
    as_of: Mapping[datetime, Figures] = field(default_factory=dict)
    """The same figures as they stood at a time."""
    aef: str = ""
    """State of all Parties' AEFs of all years, as drawn from the ledger and checked against each
    other; empty: nothing is expected."""
    units: Mapping[str, UnitExpectation] = field(default_factory=dict)
    transactions: Mapping[str, State] = field(default_factory=dict)
    reported: Mapping[RegistryId, int] = field(default_factory=dict)
    """Units that registries hold by their own reports."""
    open_findings: Mapping[PartyCode, int] = field(default_factory=dict)
    """Findings about reports that a Party still has to see to."""
    kyoto: KyotoExpectations = field(default_factory=KyotoExpectations)
