# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every check may know. Built before judgement; nothing here reads a clock or a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from broker.rulebook.general.accounts import AccountFacts, AccountType
from broker.rulebook.general.blocks import BlockFacts
from broker.rulebook.general.ended import EndedUnits
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.notices import MaintenanceWindow
from broker.rulebook.general.proposal import Proposed, TransactionType
from broker.rulebook.general.registries import RegistryFacts
from itmo.frozen import quickly_made
from itmo.identifiers import RegistryId, TransactionId
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversedFacts:
    """The transaction that a reversal names, as it was completed. A regime adds what it booked."""

    type: TransactionType
    completed: bool
    from_account: str
    to_account: str
    from_registry: str
    to_registry: str
    blocks: tuple[tuple[RegistryId, SerialRange], ...]
    agreed: bool
    """The broker's operator agreed after a manual review."""
    reversed_by: TransactionId | None = None
    done: object = None
    """What it did, as its regime planned it."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of a proposed transaction whatever its regime; a regime adds what it asks for.

    What a proposer wrote stands here as it wrote it: judging its form is the business of checks, and
    a broken one must end in a finding, not in an exception.
    """

    account_types: ClassVar[Mapping[int, AccountType]] = {}
    """The regime's table of account types, by number."""
    own_numbers: ClassVar[bool] = True
    """Whether a registry issues units under its own numbers alone; else the regime says under which."""

    now: datetime
    message: MessageFacts
    proposed: Proposed
    transaction_known: bool
    from_registry: RegistryFacts | None
    to_registry: RegistryFacts | None
    from_account: AccountFacts | None
    to_account: AccountFacts | None
    blocks: tuple[BlockFacts, ...]
    reversed: ReversedFacts | None = None
    """What a reversal undoes; None: not a reversal, or not known."""
    named_accounts: Mapping[str, AccountFacts] = field(default_factory=dict)
    """Other accounts that the terms name, of those that the proposer keeps."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """Windows that have not ended."""
    ended: tuple[EndedUnits, ...] = ()
    """In the beginning of a transition: what ends under the other rulebook, which admits it."""
