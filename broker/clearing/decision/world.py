# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The facts of one group of decisions, as loaded, and as each decision leaves them for the next."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from broker.clearing.decision.rows import (
    ConflictRow,
    EntryRow,
    EventRow,
    IssuedRow,
    KeyRow,
    LeafRow,
    LookupRow,
    MailboxEnd,
    MailboxEntryRow,
    MessageRow,
    NodeRow,
    RestatedRow,
    ReversalRow,
    SenderRow,
    StatementRow,
    TransactionRow,
)
from broker.clearing.notices.notice_rows import NoticeBooks, NoticeEffects
from broker.clearing.reconciliation.reconciliation_rows import (
    ReconciliationBooks,
    ReconciliationEffects,
)
from broker.clearing.sharing.sharing_rows import SharedBooks, SharedEffects
from broker.ledger.overlaps import Overlaps
from broker.ledger.reservations import Reservations
from broker.ledger.tallies import Tallies
from broker.ledger.units import UnitChanges, UnitLedger, UnitRow
from broker.regime.postings import Postings
from broker.regime.regime import Found, Needs, ToldOfAll, ToldOfProposed
from broker.regime.stated import Stated
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.case import Case
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.registries import RegistryFacts
from itmo.lifecycle import State


class Declared(NamedTuple):
    """What is known of a transaction to be judged, and what its regime may ask for besides.

    Attributes:
        case: What the engine knows of it.
        needs: What its regime declared when it saw that.
        seen: What the case was made of, as far as decisions may change it.
    """

    case: Case
    needs: Needs
    seen: tuple[object, ...]


@dataclass(slots=True)
class World:
    """What the group may know, keyed as it is asked for. Mutable: decisions change it in order."""

    log_size: int
    last_entry_id: int
    recorded: dict[str, bytes]
    """Payload hash by message id, of the group's messages that are recorded already."""
    registries: dict[str, RegistryFacts]
    accounts: dict[str, AccountFacts]
    transactions: dict[str, TransactionRow]
    postings: dict[str, Postings]
    """By transaction, of those that were found valid: read once, or made here."""
    issued: dict[tuple[str, int], IssuedRow]
    found: Overlaps[Found]
    """Issued blocks by the lookups that the group names."""
    units: UnitLedger
    reversals: dict[str, ReversalRow]
    """By the transaction whose reversal was agreed to."""
    senders: dict[str, SenderRow] = field(default_factory=dict)
    keys: dict[str, KeyRow] = field(default_factory=dict)
    key_counts: dict[str, int] = field(default_factory=dict)
    nodes: dict[str, NodeRow] = field(default_factory=dict)
    designations: dict[str, str] = field(default_factory=dict)
    mailboxes: dict[str, MailboxEnd] = field(default_factory=dict)
    loaded: Needs = field(default_factory=Needs)
    """What of regimes was loaded."""
    within: dict[int, Needs] = field(default_factory=dict)
    """Needs of which it was found that they were loaded, by identity: many transactions share theirs."""
    stated: Stated = field(default_factory=Stated)
    occupied_accounts: set[str] = field(default_factory=set)
    """Accounts, of those to be closed, that hold units or are the target of an open transaction."""
    tallies: Tallies = field(default_factory=Tallies)
    reservations: Reservations = field(default_factory=Reservations)
    """Serials that waiting issuances will use, where a proposal may want them."""
    shared: SharedBooks = field(default_factory=SharedBooks)
    notices: NoticeBooks = field(default_factory=NoticeBooks)
    declared: dict[tuple[bytes, int | str], Declared] = field(default_factory=dict)
    """By the hash of a message and the place, or the transaction answered to, in it: what was put together to learn what to load."""
    alike: dict[Hashable, ToldOfAll | None] = field(default_factory=dict)
    """Of what waits and is alike (see `waiting_alike.waiting_key`) what its regime tells of all; None: nothing yet."""
    proposed_alike: dict[Hashable, ToldOfProposed | None] = field(default_factory=dict)
    """As `alike`, of what is proposed (see `proposed_alike.proposed_key`)."""
    messages: dict[tuple[int, str, datetime, tuple[str, str]], MessageFacts] = field(
        default_factory=dict
    )
    """By what the group had stated, who sent it when, and the registries between which it proposes."""
    stated_so_far: int = 0
    """Statements that the group decided on: what they change is not told apart."""
    reconciled: ReconciliationBooks = field(default_factory=ReconciliationBooks)
    aside: frozenset[str] = frozenset()
    """Transactions that are due and not to be timed out now."""


@dataclass(slots=True)
class Effects:
    """What a group of decisions changes, to be written in one commit."""

    messages: list[MessageRow] = field(default_factory=list)
    conflicts: list[ConflictRow] = field(default_factory=list)
    statements: list[StatementRow] = field(default_factory=list)
    leaves: list[LeafRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    lookups: list[LookupRow] = field(default_factory=list)
    issued: list[IssuedRow] = field(default_factory=list)
    deliveries: list[MailboxEntryRow] = field(default_factory=list)
    transactions: dict[str, State | None] = field(default_factory=dict)
    """Touched transactions, with the state they were loaded in; None for new ones."""
    senders: set[str] = field(default_factory=set)
    mailboxes: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    registries: set[str] = field(default_factory=set)
    designations: set[str] = field(default_factory=set)
    restated: list[RestatedRow] = field(default_factory=list)
    reversals: set[str] = field(default_factory=set)
    shared: SharedEffects = field(default_factory=SharedEffects)
    notices: NoticeEffects = field(default_factory=NoticeEffects)
    reconciled: ReconciliationEffects = field(default_factory=ReconciliationEffects)
    units: UnitChanges = field(default_factory=UnitChanges)

    @property
    def empty(self) -> bool:
        """True when nothing is to be written."""
        return not (self.messages or self.leaves or self.conflicts)


def rulebook_of(world: World, row: UnitRow) -> str:
    """The rulebook that live units are of: that of their issuance."""
    return world.issued[(row.registry, row.issued_first)].rulebook
