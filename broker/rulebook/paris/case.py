# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything a check of the Paris rulebook may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from broker.rulebook.general.case import ReversedFacts
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.notices import MaintenanceWindow
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.paris.accounts import ParisAccount
from broker.rulebook.paris.approaches import ApproachFacts, ApproachTotals
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.blocks import ParisBlock
from broker.rulebook.paris.bookings import PlannedEntry
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.proposal import ParisProposed
from itmo.identifiers import RegistryId
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class ParisReversed(ReversedFacts):
    """The transaction that a reversal names, with what it first transferred and booked."""

    first_transfer: tuple[tuple[RegistryId, SerialRange], ...]
    entries: tuple[PlannedEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the checks of one proposed transaction may know."""

    now: datetime
    message: MessageFacts
    proposed: ParisProposed
    transaction_known: bool
    from_registry: RegistryFacts | None
    to_registry: RegistryFacts | None
    from_account: ParisAccount | None
    to_account: ParisAccount | None
    blocks: tuple[ParisBlock, ...]
    parties: Mapping[str, PartyFacts]
    approaches: Mapping[str, ApproachFacts]
    """By canonical six-digit id."""
    authorizations: Mapping[tuple[str, str], AuthorizationHistory]
    """By (Party, authorization id)."""
    approach_totals: Mapping[str, ApproachTotals]
    reversed: ParisReversed | None = None
    """What a reversal undoes; None: not a reversal, or not known."""
    allotment_accounts: Mapping[str, ParisAccount] = field(default_factory=dict)
    """Accounts that allotments name, where they are known."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """Windows that have not ended."""
    registrations: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """When activities were registered, by cooperative approach and activity."""
