# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The port to an existing registry system, which is told what to do to its own books.

Instructions are stored in the same transaction as their cause, and carried out after it: in order,
at least once each. The receiving system tells repetitions by the instruction id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from itmo.core.v1 import units_pb2
from registry_node.store.rows import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructedUnits:
    """Units of one originating registry that are alike.

    Attributes:
        block: The units, with everything that the clearing-house has on record of them, whatever the
            proposal states.
        marks: Words that the clearing-house has marked them with, by this transaction or before, such
            as FIRST_TRANSFERRED.
    """

    block: units_pb2.UnitBlock
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """Something a registry system has to do.

    Attributes:
        instruction_id: Idempotency key: the same for every repetition, never used for another.
        action: What to do.
        transaction_id: The transaction that causes it.
        account_id: The account concerned.
        units: The units concerned.
    """

    instruction_id: str
    action: Action
    transaction_id: str
    account_id: str
    units: tuple[InstructedUnits, ...]


class RegistrySystem(Protocol):
    """A registry system that this node stands beside."""

    async def carry_out(self, instruction: Instruction) -> None:
        """Does what the instruction says, durably, unless it was done before.

        Any exception means "not done": the instruction is repeated later, and those after it wait.
        """
        ...


class NoRegistrySystem:
    """Stands in where this node is itself the registry."""

    async def carry_out(self, instruction: Instruction) -> None:
        """Does nothing; the node's own ledger has everything."""
