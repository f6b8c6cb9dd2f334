# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the command path needs of a store: one method, one commit. Engines stand behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from broker.clearing.group import Judged
from broker.clearing.received import Received
from broker.clearing.rows import SignatureRow, StatementRow
from broker.clearing.world import World
from itmo.reasons import ProtocolError


@dataclass(frozen=True, slots=True)
class Answered:
    """What one message of a group gets: statements to sign, or a refusal without decision."""

    statements: tuple[StatementRow, ...]
    replayed: bool
    refusal: ProtocolError | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An event: a message that never became a decision."""

    refused_at: int
    caller: str
    reason: str
    found: str
    payload_hash: bytes


@dataclass(frozen=True, slots=True)
class Notes:
    """What is written along with a group although no decision of it made it."""

    refused: tuple[Refused, ...] = ()
    signatures: tuple[SignatureRow, ...] = ()


NO_NOTES: Final = Notes()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A group after its commit."""

    answered: tuple[Answered, ...]
    judged: Judged


Judge = Callable[[World, Sequence[Received], datetime], Judged]


class GroupStore(Protocol):
    """Decides groups, each in one commit."""

    async def decide(
        self,
        group: Sequence[Received],
        judge: Judge,
        now: datetime,
        notes: Notes = NO_NOTES,
        *,
        keep: bool = True,
    ) -> Outcome:
        """Loads, judges, writes and commits a group; with keep=False it is rolled back instead.

        The time of decision never goes back: it is at least that of the last decision.

        Raises:
            ProtocolError: TOO_MANY_BLOCKS; nothing was written.
            LedgerInvariantBroken: our own bug, found by the ledger or by a constraint of the
                database; nothing was written.
        """
        ...
