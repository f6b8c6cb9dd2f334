# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From stored rows to what the command path knows, and decoded statements, kept by message id.

A recorded message never changes, so what was decoded from it never does either.
"""

from __future__ import annotations

from typing import Any

from broker.clearing.rows import TransactionRow
from broker.ledger.units import UnitRow
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import OperationalStatus, RegistryFacts
from itmo.identifiers import AccountId, NodeId, PartyCode, RegistryId
from itmo.lifecycle import Completion, State, TerminationCause

Row = tuple[Any, ...]
"""A row as the driver hands it over: the edge where types begin."""


def transaction(row: Row) -> TransactionRow:
    """A row of transaction_record, in column order; its postings, which are last, are not read."""
    return TransactionRow(
        transaction_id=row[0],
        type=row[1],
        state=State(row[2]),
        termination_cause=TerminationCause(row[3]) if row[3] else None,
        from_registry=row[4],
        to_registry=row[5],
        from_account=row[6],
        to_account=row[7],
        proposer_node=row[8],
        receiver_node=row[9],
        quantity=row[10],
        completion=Completion(row[11]),
        rulebook=row[12],
        proposed_at=row[13],
        deadline=row[14],
        updated_at=row[15],
        message_id=row[16],
        ordinal=row[17],
        proposal_hash=row[18],
        verdict_hash=row[19],
        answer_hash=row[20],
        closing_hash=row[21],
        moves=row[22],
        reason=row[23],
        marks=tuple(filter(None, row[24].split(","))),
    )


def unit(row: Row) -> UnitRow:
    """A row of unit_block, in column order without quantity and the registry of its account."""
    return UnitRow(
        registry=row[0],
        first=row[1],
        last=row[2],
        issued_first=row[3],
        account_id=row[4],
        state=row[5],
        locked_by=row[6],
        moved_by=row[7],
    )


def account(row: Row) -> AccountFacts:
    """A row of account, in column order."""
    return AccountFacts(
        account_id=AccountId(row[0]),
        registry=RegistryId(row[1]),
        rulebook=row[2],
        account_type=row[3],
        final=bool(row[4]),
        listed=bool(row[5]),
        closed=bool(row[6]),
        terms=row[7],
    )


def registry(row: Row) -> RegistryFacts:
    """A row of registry, in column order."""
    return RegistryFacts(
        registry=RegistryId(row[0]),
        node=NodeId(row[1]),
        party=PartyCode(row[2]),
        status=OperationalStatus(row[3]),
        rulebooks=tuple(row[4].split()),
    )
